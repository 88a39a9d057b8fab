import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { temporaryFolder } from "../../tests/temporary.js";
import { tinyConfig } from "../../tests/tiny.js";
import { EventFile } from "../export/event-file.js";
import { double, field, float, message } from "../export/protobuf.js";
import { compare } from "./compare.js";
import { readCurves } from "./curves.js";

/** The run in one file of other software. */
function curveOf(content: string, name = "hopper/td3/seed3.csv") {
  const [run] = readCurves(temporaryFolder({ [name]: content }));
  return run;
}
const points = ({ rows }: ReturnType<typeof curveOf>) => rows.map(({ samples, return: earned }) => [samples, earned]);

test.each([
  ["Stable-Baselines3's progress.csv", "time/total_timesteps,rollout/ep_rew_mean,time/time_elapsed\n1000,5,1\n2000,7.5,2\n"],
  ["its Monitor", '#{"t_start": 1.0, "env_id": "Hopper"}\nr,l,t\n5,1000,1\n7.5,1000,2\n'],
  ["CleanRL, from a table of runs", '"global_step","charts/episodic_return","relative time"\n1000,5,1\n2000,7.5,2\n'],
  ["rl_games", "frames,rewards/step,wall_seconds\n1000,5,1\n2000,7.5,2\n"],
  ["TensorBoard's own CSV", "Wall time,Step,Value\n1.5,1000,5\n2.5,2000,7.5\n"],
  ["a spreadsheet: byte-order mark, semicolons, decimal commas", "\uFEFFtimesteps;ep_rew_mean\r\n1000;5,0\r\n2000;7,5\r\n"],
  ["spaces, a comment, an empty line, and a column that only looks like a Monitor's", "  \n# of mine\nstep, return ,l\n 1000 , 5 ,3\n  \n2000,7.5,3\n"],
  ["episodes that ended at once, out of order, and none", "step,return\n2000,7.5\n1000,4\n1000,6\n500,nan\n700,\n"],
])("%s", (_, content) => {
  const run = curveOf(content);
  expect(run).toMatchObject({ task: "hopper", algorithm: "td3", variant: "", seed: 3, partial: false });
  expect(points(run)).toEqual([[1000, 5], [2000, 7.5]]); // prettier-ignore
  const known = /t_start|relative time|wall_seconds|time_elapsed/.test(content);
  expect(run.rows.map((row) => row.wall_seconds)).toEqual(known ? [1, 2] : [undefined, undefined]);
}); // prettier-ignore

/** A record of an event file; checksums are not looked at. */
function record(event: Buffer): Buffer {
  const [length, sum] = [Buffer.alloc(12), Buffer.alloc(4)];
  length.writeBigUInt64LE(BigInt(event.length));
  return Buffer.concat([length, event, sum]);
}
const event = (time: number, step: number, ...scalars: Buffer[]) =>
  record(message(double(1, time), field(2, step), field(5, message(...scalars.map((scalar) => field(1, scalar))))));

test("TensorBoard files: plain scalars, tensors, others beside them, a record that is cut", () => {
  const simple = (tag: string, value: number) => message(field(1, tag), float(2, value));
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(7.5);
  const tensor = message(field(1, "charts/episodic_return"), field(8, message(field(1, 1), field(2, message()), field(4, bytes)))); // prettier-ignore
  const version = record(message(double(1, 9), field(3, "brain.Event:2")));
  const folder = temporaryFolder({ "ant/cleanrl+wide/seed1/events.out.tfevents.1.host": "" });
  const file = path.join(folder, "ant/cleanrl+wide/seed1/events.out.tfevents.1.host");
  const whole = [version, event(10, 100, simple("losses/qf_loss", 3)), event(10, 1000, simple("charts/episodic_return", 5)), event(12, 2000, tensor)]; // prettier-ignore
  appendFileSync(file, Buffer.concat([...whole, whole[2].subarray(0, 20)]));
  const [run] = readCurves(folder);
  expect(run).toMatchObject({ task: "ant", algorithm: "cleanrl", variant: "wide", seed: 1 });
  expect(run.rows).toEqual([
    { epoch: 0, samples: 1000, return: 5, wall_seconds: 0 },
    { epoch: 1, samples: 2000, return: 7.5, wall_seconds: 2 },
  ]);
  writeFileSync(file, Buffer.concat(whole.slice(0, 2)));
  expect(() => readCurves(folder)).toThrow(/has no scalar of returns \(.*\); its scalars are losses\/qf_loss\./);
});

test("the file that TensorFlow's own writer makes here", async (context) => {
  const backend = await useBackend();
  if (backend.name !== "tensorflow") return context.skip();
  const folder = temporaryFolder({ "cartpole/dmo/seed1/notes.txt": "" });
  const directory = path.join(folder, "cartpole/dmo/seed1");
  const rows = [{ epoch: 0, samples: 64, return: -3, wall_seconds: 1 }, { epoch: 1, samples: 128, return: -2, wall_seconds: 3 }]; // prettier-ignore
  EventFile.open(directory, { config: tinyConfig("dmo", 2), started: "2026-01-01T00:00:00Z", rows })!.close();
  expect(readdirSync(directory)).toHaveLength(2);
  const [run] = readCurves(folder);
  expect(points(run)).toEqual([[64, -3], [128, -2]]); // prettier-ignore
});

test("they are compared with each other, and time on machines that are not known is said to be so", () => {
  const csv = (end: number) => `step,return,wall_seconds\n100,0,1\n200,${end},2\n`;
  const files = { "ant/a/seed1.csv": csv(1), "ant/a/seed2.csv": csv(2), "ant/b/seed1.csv": csv(3), "ant/b/seed2.csv": csv(4) }; // prettier-ignore
  const { groups } = compare(readCurves(temporaryFolder(files)), { against: "wall" });
  expect(groups.map(({ method, final }) => [method, final.value])).toEqual([["a", 1.5], ["b", 3.5]]); // prettier-ignore
});

test.each([
  ["notes.csv", "date,what\n1,2\n", /notes\.csv" is no result, and of a curve of other software the place is <task>\/<method>\/seed<k>\.csv/],
  ["ant/a/seed1.csv", "date,what\n1,2\n", /seed1\.csv" has no column of samples \(samples, .*\); its columns are date, what\./],
  ["ant/a/seed1.csv", "step,what\n1,2\n", /has no column of returns \(return, .*\); its columns are step, what\./],
  ["ant/a/seed1.csv", "", /has no column of samples/],
  ["ant/a/seed1.csv", "step,return\n1,nan\n", /has no row with samples and a return\./],
  ["ant/a/seed1/events.out.tfevents.2", "no records at all, but long enough", /holds no scalars|is damaged/],
])("%s with %j is named for what it is", (name, content, message) => {
  expect(() => readCurves(temporaryFolder({ [name]: content }))).toThrow(message);
}); // prettier-ignore

test("a table of names that a comparison needs is the one in the docs", () => {
  const page = readFileSync("docs/studies.md", "utf8");
  for (const name of ["time/total_timesteps", "rollout/ep_rew_mean", "charts/episodic_return", "rewards/step"])
    expect(page).toContain(`\`${name}\``);
});
