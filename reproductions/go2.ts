// F9 and F10: training curves of the Go2 tasks; what needs a trained policy is a hole until there is one.
import { report } from "../lib/index.js";
import { type Chart, samplesAxis } from "./chart.js";
import { curves, type Result, select } from "./measure.js";
import { type Drawn, provenance } from "./reproduction.js";

export function drawGo2(results: readonly Result[], task: string, methods: string[], wanted: string[]): Drawn {
  const shown = select(results, [task], methods);
  const chart: Chart = {
    panels: [
      { ...samplesAxis, heading: `${report.title(task)}: return`, empty: "no run yet" },
      ...wanted.map((heading) => ({ x: "time, s", heading, empty: "no policy yet" })),
    ],
    lines: curves(shown, [task], "samples"),
  };
  const caption = [
    "Left: return of the stochastic policy in training, mean over seeds.",
    ...(shown.length > 0 ? provenance(shown) : ["No run yet."]),
  ];
  return { drawing: chart, caption };
}
