import { chmodSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { temporaryFolder } from "../tests/temporary.js";
import { build, start } from "../tests/command-line.js";
import { dynamicsLoss, initDynamics } from "../lib/dynamics/model.js";
import { RunningNormalizer } from "../lib/dynamics/normalizer.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { deviceOf } from "@dmo-lab/jit/placement";
import { bfloat16 } from "@dmo-lab/jit/bfloat16";
import { streams } from "../lib/tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import { row } from "./commands/bench.js";
import { onEachDevice } from "./bench/epoch.js";
import { measurement, median, medianMilliseconds, type Measurement } from "./bench/measure.js";
import { plainLoss } from "./bench/plain.js";

beforeAll(build);

const bench = (argv: string[], env: NodeJS.ProcessEnv) => start("bench.mjs", [...argv, "--seconds", "0.05"], env).ended;
const NO_PEERS = { DMO_LAB_PEER_PYTHON: "there-is-no-such-python" };

test("--json prints one measurement a line, each in its unit", async () => {
  await useBackend();
  const low = bfloat16() === "rounded"; // measured where the processor has it
  const names = [
    "matmul",
    "cartpole/forward",
    "cartpole/adjoint",
    "update/ant/plain",
    "update/hopper",
    "update/snu/laptop",
  ];
  const { code, stdout, stderr } = await bench(["--json", ...names], NO_PEERS);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const results = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Measurement);
  expect(results.map((result) => [result.name, result.unit])).toEqual([
    ["matmul", "GFLOP/s"],
    ...(low ? [["matmul/bfloat16", "GFLOP/s"]] : []),
    ["cartpole/forward", "steps/s"],
    ["cartpole/adjoint", "steps/s"],
    ["update/ant/plain", "ms"],
    ["update/ant/plain/compiled", "ms"],
    ["update/ant/eager", "ms"],
    ["update/hopper", "ms"],
    ...(low ? [["update/hopper/bfloat16", "ms"]] : []),
    ["update/snu/laptop", "ms"],
  ]);
  for (const result of results) {
    expect(Object.keys(result)).toEqual(["name", "value", "unit", "relativeTo"]);
    expect(result.value).toBeGreaterThan(0);
  }
  const references = new Map(results.map(({ name, relativeTo }) => [name, relativeTo?.name]));
  expect([...references].filter(([, other]) => other)).toEqual([
    ["update/ant/plain", "update/ant"],
    ["update/ant/plain/compiled", "update/ant"],
    ["update/ant/eager", "update/ant"],
    ...(low ? [["update/hopper/bfloat16", "update/hopper"]] : []),
  ]);
});

test("the plain loss is the library's", async () => {
  await useBackend();
  const params = initDynamics(5, 2, [16, 8], streams(0)("model"));
  const [obs, action, nextObs] = [5, 2, 5].map((width, i) =>
    tf.randomNormal<tf.Rank.R2>([3, width], 0, 1, "float32", i),
  );
  const loss = (of: typeof dynamicsLoss): number =>
    of(params, new RunningNormalizer(5).tensors(), { obs, action, nextObs }, "residual", "gaussian").dataSync()[0];
  expect(loss(plainLoss)).toBeCloseTo(loss(dynamicsLoss), 5);
});

test("peers that a Python has are measured with the same threads and compared", async () => {
  const folder = temporaryFolder({
    python: `#!/usr/bin/env node
const { obs, batch, threads } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify({ torch: 1e6 * threads, jax: obs + batch / 1000 }));`,
  });
  chmodSync(join(folder, "python"), 0o755);
  const { stdout } = await bench(["update/hopper", "--threads", "2"], { DMO_LAB_PEER_PYTHON: join(folder, "python") });
  expect(stdout).toMatch(/^Computing with .*2 threads\n/);
  expect(stdout).toMatch(/^update\/hopper +[\d.]+ +ms +[\d.]+ times as fast as update\/hopper\/torch$/m);
  expect(stdout).toMatch(/^update\/hopper\/torch +2,000,000 +ms +[\d.]+ times slower than update\/hopper$/m);
  expect(stdout).toMatch(/^update\/hopper\/jax +11\.3 +ms /m);
});

test("MuJoCo is measured beside the bare mj_step of the same run, by the clock and in processor time", async () => {
  const { code, stdout } = await bench(["--json", "hopper/mujoco"], NO_PEERS);
  expect(code).toBe(0);
  const results = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Measurement);
  const names = results.map(({ name, unit, relativeTo }) => [name, unit, relativeTo?.name]);
  const bare = results[1].name;
  expect(bare).toMatch(/^hopper\/mujoco\/bare-3\.\d+\.\d+$/);
  expect(names).toEqual([
    ["hopper/mujoco", "steps/s", bare],
    [bare, "steps/s", undefined],
    ["hopper/mujoco/cpu", "us", `${bare}/cpu`],
    [`${bare}/cpu`, "us", undefined],
  ]);
  for (const { value } of results) expect(value).toBeGreaterThan(0);
});

test("phases of an epoch are measured on both devices; without a GPU its row says so", async () => {
  const usual = ["call", "loop"].map((form) => deviceOf(form as "call"));
  const speeds = { processor: 3, gpu: 2 };
  const measure = (name: string) => {
    const device = deviceOf("call");
    expect(deviceOf("loop")).toBe(device);
    return Promise.resolve([
      measurement(name, speeds[device], "s"),
      measurement(`${name}/fit`, 2 * speeds[device], "s"),
    ]);
  };
  const rows = await onEachDevice("epoch/some", true, measure);
  expect(rows.map(({ name, value, relativeTo }) => [name, value, relativeTo])).toEqual([
    ["epoch/some/processor", 3, null],
    ["epoch/some/processor/fit", 6, null],
    ["epoch/some/gpu", 2, { name: "epoch/some/processor", value: 3 }],
    ["epoch/some/gpu/fit", 4, { name: "epoch/some/processor/fit", value: 6 }],
  ]);
  await expect(onEachDevice("epoch/some", true, () => Promise.reject(new Error("no memory")))).rejects.toThrow("no memory"); // prettier-ignore
  expect(["call", "loop"].map((form) => deviceOf(form as "call"))).toEqual(usual);

  const [none, ...others] = await onEachDevice("epoch/some", false, measure);
  expect(others).toEqual([]);
  expect(row(none)).toEqual(["epoch/some/gpu", "-", "s", "there is no GPU here"]);
  expect(rows.slice(2).map(row)).toEqual([
    ["epoch/some/gpu", "2.000", "s", "1.50 times as fast as epoch/some/processor"],
    ["epoch/some/gpu/fit", "4.000", "s", "1.50 times as fast as epoch/some/processor/fit"],
  ]);
});

test("the median, of an even number of values as well", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test.each([
  ["at least three calls", 0, [5, 1, 3], 3],
  ["calls until the time is over", 0.02, [6, 8, 4, 2], 5],
])("times %s, after one that does not count", (_, seconds, milliseconds, expected) => {
  const durations = [1000, ...milliseconds];
  let [clock, calls] = [0, 0];
  const now = vi.spyOn(performance, "now").mockImplementation(() => clock);
  const median = medianMilliseconds(() => (clock += durations[calls++]), seconds);
  now.mockRestore();
  expect({ median, calls }).toEqual({ median: expected, calls: durations.length });
});
