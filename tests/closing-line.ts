import type { Reporter, SerializedError, TestModule } from "vitest/node";

export type Counts = { passed: number; failed: number; skipped: number };

/** Counts tests. Files that do not load and errors outside of tests count as failed, so that no failure has a zero. */
export function countTests(modules: readonly TestModule[], errors: readonly SerializedError[]): Counts {
  const counts = { passed: 0, failed: errors.length, skipped: 0 };
  for (const module of modules) {
    let failed = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "failed") failed++;
      else if (state === "passed") counts.passed++;
      else counts.skipped++;
    }
    counts.failed += failed === 0 && !module.ok() ? 1 : failed;
  }
  return counts;
}

/** Ends the run's output with "N passed, N failed, N skipped". In CI a skipped test fails the run: there, all of them count. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const { passed, failed, skipped } = countTests(modules, errors);
    if (process.env.CI && skipped > 0) {
      console.log("Tests were skipped, and CI is set: that counts as a failure. What they need has to be installed.");
      process.exitCode = 1;
    }
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  }
}
