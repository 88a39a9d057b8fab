#!/usr/bin/env node
/** Starts the benchmarks: "npm run bench [-- NAME... --json --threads N]". */
process.argv.splice(2, 0, "bench");
await import("./dmo-lab.mjs");
