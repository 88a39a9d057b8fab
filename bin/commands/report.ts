import path from "node:path";
import { TRUST, defineCommand } from "../command.js";

export const command = defineCommand({
  name: "report",
  summary: "show runs in one HTML file: learning curves, settings, and the robot in 3D",
  usage: "DIR [DIR...] [--out FILE]",
  operands: { min: 1, max: Infinity },
  options: {
    out: { value: "FILE", help: "the file to write (default: report.html in the run's folder; of several runs, here)" },
    ...TRUST,
  },

  async run({ options, operands }) {
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { writeReport } = await import("../report-file.js");
    const { openRun } = await import("../session.js");
    await useBackend();
    for (const directory of operands) await openRun(directory, options);
    const file = options.out ?? (operands.length === 1 ? path.join(operands[0], "report.html") : "report.html");
    writeReport(operands, file);
    console.log(`Report: ${file}`);
    return 0;
  },
});
