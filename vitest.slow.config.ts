import { configDefaults, defineConfig } from "vitest/config";
import fast from "./vitest.config.js";

/** Tests that take minutes, one file at a time. */
export default defineConfig({
  ssr: fast.ssr,
  test: {
    ...fast.test,
    include: ["{baselines,bin,browser,lib,packages,robots,scripts,tests,tools}/**/*.slow.test.ts"],
    exclude: configDefaults.exclude,
    maxWorkers: 1,
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
  },
});
