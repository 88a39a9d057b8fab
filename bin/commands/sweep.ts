import os from "node:os";
import path from "node:path";
import { defineCommand, wholeNumber } from "../command.js";

export const command = defineCommand({
  name: "sweep",
  summary: "train all runs of a study, side by side; given again, it goes on",
  usage: "STUDY.ts [options]",
  operands: { min: 1, max: 1 },
  options: {
    jobs: { value: "N", help: "runs at a time (default: as many as there are processor cores)" },
    out: { value: "DIR", help: "folder of the study (default runs/<name of the study>)" },
    "dry-run": { help: "print the runs, and how long they may take" },
  },
  notes: () =>
    `docs/studies.md explains study files. Each run is a process of its own, with one thread unless DMO_LAB_THREADS says
otherwise. A run that fails is tried once more. Runs are in DIR/runs, what is kept of them (see dmo-lab collect) in
DIR/results. Exit code 5 says that runs failed.`,

  async run({ options, operands: [file] }) {
    const jobs = wholeNumber("jobs", options.jobs ?? String(os.availableParallelism()), 1);
    const { jobsOf, loadStudy } = await import("../../lib/study/study.js");
    const { describeRuns, sweep } = await import("../sweep/sweep.js");
    const study = await loadStudy(file);
    const runs = jobsOf(study);
    const directory = options.out ?? path.join("runs", study.name);
    const atATime = Math.min(jobs, runs.length);
    if (!options["dry-run"]) return sweep(runs, directory, atATime);
    console.log(describeRuns(runs, directory, atATime));
    return 0;
  },
});
