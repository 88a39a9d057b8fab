import { InputError, oneOf } from "@dmo-lab/input/errors";
import { number } from "../../tools/report/format.js";
import type { Measurement, Missing } from "../bench/measure.js";
import { defineCommand, wholeNumber } from "../command.js";
import { table } from "../terminal.js";

export const command = defineCommand({
  name: "bench",
  summary: "measure speed on this machine, beside PyTorch and JAX where they are installed",
  usage: "[NAME...] [options]",
  operands: { min: 0, max: Infinity },
  options: {
    json: { help: "print one JSON object a line: name, value, unit, relativeTo; where a value is null, why" },
    threads: { value: "N", help: "threads that tensors may use (default 1); the simulators use one" },
    seconds: { value: "S", help: "how long each measurement repeats (default 2)" },
  },
  notes: async () => {
    const { benchmarkNames } = await import("../bench/benchmarks.js");
    return `Names: ${benchmarkNames.join(", ")}.
DMO_LAB_PEER_PYTHON names the Python that has PyTorch, JAX or MuJoCo (default python3).`;
  },

  async run({ options, operands }) {
    const threads = wholeNumber("threads", options.threads ?? "1", 1, 1024);
    const seconds = budget(options.seconds ?? "2");
    process.env.DMO_LAB_THREADS = String(threads); // read when the backend loads
    const { benchmarkNames, benchmarks } = await import("../bench/benchmarks.js");
    const names =
      operands.length > 0 ? operands.map((name) => oneOf("benchmark", name, benchmarkNames)) : benchmarkNames;
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { backendLine } = await import("../session.js");
    const backend = await useBackend();
    if (!options.json) console.log(backendLine(backend));
    const results: (Measurement | Missing)[] = [];
    for (const name of names) {
      const measured = await benchmarks[name]({ seconds, threads });
      if (options.json) measured.forEach((each) => console.log(JSON.stringify(each)));
      results.push(...measured);
    }
    if (!options.json) console.log(table(results.map(row), [1]));
    return 0;
  },
});

function budget(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds < 3600))
    throw new InputError(`option --seconds is "${text}"; allowed: a number above 0.`);
  return seconds;
}

/** A result as a row of the table. */
export function row(result: Measurement | Missing): string[] {
  const { name, value, unit, relativeTo } = result;
  if (value === null) return [name, "-", unit, result.why];
  const digits = value >= 1000 ? 0 : value >= 10 ? 1 : 3;
  return [name, number(value, digits), unit, relativeTo ? compared(value, unit, relativeTo) : ""];
}

/** For times less is better, for rates more. */
function compared(value: number, unit: string, { name, value: other }: { name: string; value: number }): string {
  const speed = unit.endsWith("/s") ? value / other : other / value;
  return speed >= 1
    ? `${speed.toFixed(2)} times as fast as ${name}`
    : `${(1 / speed).toFixed(2)} times slower than ${name}`;
}
