import { defaultServerConditions } from "vite";
import { configDefaults, defineConfig } from "vitest/config";

/** The fast suite; `*.slow.test.ts` belong to vitest.slow.config.ts. */
export default defineConfig({
  // The packages are tested as they are written, not as they were compiled.
  ssr: { resolve: { conditions: ["source", ...defaultServerConditions] } },
  test: {
    include: ["{api,baselines,bin,browser,lib,packages,reproductions,robots,scripts,tests,tools,viewer}/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "**/*.slow.test.ts"],
    reporters: ["default", "./tests/closing-line.ts"],
    // Native TensorFlow reads `env` from its process's environment, which a thread cannot change.
    pool: "forks",
    maxWorkers: 2,
    env: { TF_CPP_MIN_LOG_LEVEL: "3", DMO_LAB_THREADS: "1" },
    // Far above what an idle machine needs: old ones are ten times slower when they are loaded as well.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
