import { beforeAll, expect, test } from "vitest";
import { findTask } from "../../lib/tasks/index.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { record } from "./record.js";
import { filmStrip } from "./strip.js";

beforeAll(async () => {
  await useBackend();
});

test("shows moments from start to end, the robot within each picture", () => {
  const task = findTask("hopper");
  const recording = record(task, () => new Float32Array(task.actionSize).fill(0.3));
  const { svg, width, height } = filmStrip(recording, 4);
  const times = [...svg.matchAll(/>([\d.]+) s</g)].map(([, time]) => Number(time));
  expect(times[0]).toBe(0);
  expect(times[3]).toBeCloseTo((recording.frames - 1) * recording.dt, 1);
  const panels = svg.split("<text").slice(0, 4);
  for (const panel of panels) {
    const corners = [...panel.matchAll(/ d="M([^z]+)z"/g)].flatMap(([, points]) => points.trim().split(" "));
    expect(corners.length).toBe(2 * recording.shapes.length); // capsules
    for (const corner of corners) {
      const [x, y] = corner.split(",").map(Number);
      expect(x > 0 && x < (width + 8) / 4 && y > 0 && y < height).toBe(true);
    }
  }
});

test("a mesh is drawn as the hull of its outermost vertices", () => {
  const task = findTask("hopper");
  const { shapes, ...recording } = record(task, () => new Float32Array(task.actionSize));
  const [torso] = shapes;
  const vertices = [-1, 1]
    .flatMap((x) => [-1, 1].flatMap((y) => [-1, 1].map((z) => [500 * x, 3000 * y, 300 * z])))
    .flat();
  const mesh = { type: "mesh", mesh: "block", body: torso.body, color: "red" } as const;
  const box = { type: "box", size: [0.1, 0.6, 0.06], body: torso.body, color: "red" } as const;
  const meshes = { block: { vertices: [...vertices, 0, 0, 0], triangles: [0, 1, 2] } };
  const drawn = (shape: typeof mesh | typeof box) => filmStrip({ ...recording, meshes, shapes: [shape] }, 3).svg;
  expect(drawn(mesh)).toBe(drawn(box));
});

test("a box is drawn as the hull of its projected corners, turned as its body is", () => {
  const task = findTask("cartpole");
  const upright = { q: [0, 0], qd: [0, 0] };
  const still = record(task, () => new Float32Array(1), { start: upright });
  const pole = /.* d="M([^z]+)z"/.exec(filmStrip(still, 2).svg.split("</text>")[0].replaceAll("\n", " "))![1];
  const ys = pole
    .trim()
    .split(" ")
    .map((point) => Number(point.split(",")[1]));
  const xs = pole
    .trim()
    .split(" ")
    .map((point) => Number(point.split(",")[0]));
  const [tall, wide] = [ys, xs].map((values) => Math.max(...values) - Math.min(...values));
  expect(tall / wide).toBeCloseTo(1 / 0.05, 0);
});
