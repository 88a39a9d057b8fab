import { describe, expect, test } from "vitest";
import type { Row } from "../../lib/training/metrics.js";
import { diagnostics, learningCurves, seedCurves, type Curve } from "./figures.js";
import type { Figure } from "./panels.js";

const rows: Row[] = [
  { epoch: 0, samples: 500_000, wall_seconds: 30, model_loss: -1, actor_grad_norm: 2, critic_loss: 3 },
  { epoch: 1, samples: 1_000_000, wall_seconds: 60, return: 10, model_loss: -2, actor_grad_norm: 1, critic_loss: 2 },
  { epoch: 2, samples: 1_500_000, wall_seconds: 90, return: 20, model_loss: -3, actor_grad_norm: 0.5, critic_loss: 1 },
];
const scored: Curve = { name: "a", rows, score: { mean: 25, std: 4 } };
const plain: Curve = { name: "b", rows: rows.slice(0, 2) };

type Trace = { name: string; xaxis: string; x: number[]; y: number[]; mode: string; error_y?: { array: number[] } };
const traces = (figure: Figure, mode: string): Trace[] =>
  (figure.data as Trace[]).filter((trace) => trace.mode.startsWith(mode));
const axis = (figure: Figure, name: string) => figure.layout[name] as { title: { text: string }; type?: string };

describe("learning curves", () => {
  const figure = learningCurves([scored, plain]);

  test("the return against million steps and against minutes, without epochs that have none", () => {
    const [steps, , minutes] = traces(figure, "lines");
    expect(steps).toMatchObject({ name: "a", xaxis: "x1", x: [1, 1.5], y: [10, 20] });
    expect(minutes).toMatchObject({ name: "a", xaxis: "x2", x: [1, 1.5], y: [10, 20] });
    expect(axis(figure, "xaxis1").title.text).toBe("environment steps, million");
    expect(axis(figure, "xaxis2").title.text).toBe("time, minutes");
  });

  test("the final score stands where its curve ends, with its deviation", () => {
    const marks = traces(figure, "markers");
    expect(marks.map(({ name, x, y, error_y }) => [name, x, y, error_y!.array])).toEqual([
      ["a", [1.5], [25], [4]],
      ["a", [1.5], [25], [4]],
    ]);
  });

  test("several runs differ in colour and have a legend; one has none", () => {
    const colours = (figure.data as { name: string; line?: { color: string } }[]).map(({ name, line }) => [
      name,
      line?.color,
    ]);
    expect(new Map(colours as [string, string][]).size).toBe(2);
    expect(figure.layout.showlegend).toBe(true);
    expect(learningCurves([plain]).layout.showlegend).toBe(false);
  });

  test("is plain JSON, and leaves its input alone", () => {
    const before = structuredClone([scored, plain]);
    expect(JSON.parse(JSON.stringify(learningCurves([scored, plain])))).toEqual(figure);
    expect([scored, plain]).toEqual(before);
  });
});

test("seeds of a method: their mean and range, of those that got as far", () => {
  const seed = (by: number, epochs = 3): Row[] =>
    rows.slice(0, epochs).map((row) => ({ ...row, return: row.return && row.return + by }));
  const figure = seedCurves([{ name: "a", seeds: [seed(0), seed(6, 2), seed(3)] }]);
  expect(traces(figure, "lines").find(({ y }) => y.length === 2)).toMatchObject({ x: [1, 1.5], y: [13, 21.5] });
  const area = (figure.data as { fill?: string; y: number[] }[]).find(({ fill }) => fill)!;
  expect(new Set(area.y)).toEqual(new Set([10, 16, 20, 23]));
});

describe("diagnostics", () => {
  test("model, actor and critic, the last two on logarithmic axes", () => {
    const figure = diagnostics([scored]);
    expect(traces(figure, "lines").map(({ y }) => y)).toEqual([[-1, -2, -3], [2, 1, 0.5], [3, 2, 1]]); // prettier-ignore
    expect(["yaxis1", "yaxis2", "yaxis3"].map((name) => axis(figure, name).type)).toEqual([undefined, "log", "log"]);
  });

  test("four of them stand in two rows", () => {
    const figure = diagnostics([{ name: "a", rows: rows.map((row) => ({ ...row, critic_grad_norm: 1 })) }]);
    const domains = ["xaxis1", "xaxis2", "xaxis3"].map((name) => (axis(figure, name) as { domain?: number[] }).domain);
    expect(domains[2]).toEqual(domains[0]);
    expect(domains[1]).not.toEqual(domains[0]);
  });

  test("a method without a model or a critic has no such panel", () => {
    const bptt = rows.map(({ model_loss: _, critic_loss: __, ...row }) => row);
    expect(traces(diagnostics([{ name: "bptt", rows: bptt }]), "lines")).toHaveLength(1);
  });
});
