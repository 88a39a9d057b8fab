import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{lib,bin,scripts,tests}/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
