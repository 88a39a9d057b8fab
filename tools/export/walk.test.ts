// examples/deploy/walk.py, which has the exported files and nothing else, acts as we do.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import "../../robots/index.js";
import { temporaryFolder } from "../../tests/temporary.js";
import { initActor } from "../../lib/algorithms/actor.js";
import { RunningNormalizer } from "../../lib/dynamics/normalizer.js";
import { createEngine } from "../../lib/tasks/engines.js";
import { findTask } from "../../lib/tasks/index.js";
import { advance } from "../../lib/tasks/task.js";
import { streams } from "../../lib/tensor/random.js";
import { Policy } from "../../lib/training/policy.js";
import { go2Tasks } from "../../robots/go2/go2-trials.js";
import { conditions } from "../../robots/go2/go2-conditions.js";
import { SetupError } from "../../scripts/setup/errors.mjs";
import { withLock } from "../../scripts/setup/lock.mjs";
import { ensureBeside } from "../../scripts/setup/python.mjs";
import { useBackend } from "@dmo-lab/jit/backend";
import { disposeTree } from "@dmo-lab/jit/tree";
import { deploymentOf } from "./deployment.js";
import { policyToOnnx } from "./onnx.js";

/** Python and what examples/deploy/requirements.txt lists; where that can't be had, a user's machine skips this. */
let program: Awaited<ReturnType<typeof ensureBeside>>;
let missing = "";
beforeAll(async () => {
  await useBackend();
  const root = process.cwd();
  mkdirSync(join(root, ".cache"), { recursive: true });
  try {
    program = await withLock(join(root, ".cache", "setup.lock"), () => ensureBeside(root, "deploy"));
  } catch (error) {
    if (!(error instanceof SetupError) || process.env.CI) throw error;
    missing = error.message;
  }
});

type Vector = readonly number[];
/** A step as the program logs it: MuJoCo's coordinates and velocities, the command, the action. */
type Logged = [qpos: Vector, qvel: Vector, command: Vector, action: Vector];

/** An actor that nobody trained, with small actions: the robot stands for a while. */
function untrained(name: string): Policy {
  const [random, size] = [streams(3)("actor"), findTask(name).actorSees.length];
  const normalizer = new RunningNormalizer(size);
  normalizer.update(random.normals(size * 200).map((x, i) => x * (0.5 + (i % size) / 80)));
  const actor = initActor(size, [32], 12, random);
  const policy = new Policy(name, { network: "elu-norm-tanh", actor, normalizer: normalizer.save() });
  disposeTree(actor);
  return policy;
}

/** The two files of a policy, in a folder of their own. */
function exported(policy: Policy): { folder: string; description: string } {
  const [folder, task] = [temporaryFolder(), findTask(policy.task)];
  const description = join(folder, "robot.deployment.json");
  writeFileSync(join(folder, "robot.onnx"), policyToOnnx(policy, task));
  writeFileSync(description, JSON.stringify(deploymentOf(task, "robot.onnx")));
  return { folder, description };
}

const cross = (a: Vector, b: Vector): number[] =>
  [0, 1, 2].map((i) => a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3]);

/** MuJoCo's coordinates as ours: x, y, z, w; the twist in the world's axes at its origin. */
function stateOf([qpos, qvel]: Logged): { q: number[]; qd: number[] } {
  const [position, [w, ...u], joints] = [qpos.slice(0, 3), qpos.slice(3, 7), qpos.slice(7)];
  const [linear, own] = [qvel.slice(0, 3), qvel.slice(3, 6)];
  const inner = cross(u, own).map((c, i) => c + w * own[i]);
  const spin = own.map((x, i) => x + 2 * cross(u, inner)[i]);
  const origin = cross(spin, position).map((c, i) => linear[i] - c);
  return { q: [...position, ...u, w, ...joints], qd: [...spin, ...origin, ...qvel.slice(6)] };
}

test.for([
  ["go2", () => Policy.load("data/policies/go2.json")],
  ["go2-robust", () => untrained("go2-robust")],
] as const)("%s: the first 50 actions of a robot that others modelled are ours", ([name, make], { skip }) => {
  skip(missing !== "", missing);
  const policy = make();
  const { folder, description } = exported(policy);
  const log = join(folder, "log.json");
  const options = ["--episodes", "1", "--seconds", "1", "--log", log];
  const printed = execFileSync(program.python, ["examples/deploy/walk.py", description, ...options], {
    env: { ...process.env, ...program.env },
    encoding: "utf8",
  });
  expect(printed).toMatch(/^falls: [01] of 1\nmean errors: .*\ncontrol loop: \d+ Hz, .*; needed: 50 Hz\n$/);

  const task = go2Tasks[name](conditions.nominal);
  const engine = createEngine(task, 1);
  const steps = JSON.parse(readFileSync(log, "utf8")) as Logged[];
  const context = Float32Array.from(task.start().context!);
  const { memory = [] } = task;
  /** Of the first step: it was as it is. */
  const remembering = (obs: Float32Array) => memory.map((_, i) => obs[memory[i % (memory.length / 3)]]);
  let previous = Array<number>(12).fill(0);
  let before: Float32Array | undefined;
  expect(steps.length).toBeGreaterThan(name === "go2" ? 49 : 9);
  steps.forEach((step, t) => {
    const { q, qd } = stateOf(step);
    engine.setState(0, q, qd, previous);
    context.set(step[2]);
    if (before) advance(task, context, before);
    else remembering(engine.observe(context)).forEach((x, i) => (context[context.length - memory.length + i] = x));
    const obs = engine.observe(context);
    const actions = policy.act(Float32Array.from(task.actorSees, (i) => obs[i]));
    actions.forEach((a, i) => expect(Math.abs(a - step[3][i]), `step ${t}, action ${i}`).toBeLessThan(1e-4));
    [previous, before] = [[...step[3]], obs];
  });
  engine.dispose?.();
  policy.dispose();
});

test("a policy on two legs is refused: the robot starts on four", ({ skip }) => {
  skip(missing !== "", missing);
  const policy = untrained("go2-bipedal-robust");
  const { description } = exported(policy);
  policy.dispose();
  const { status, stderr } = spawnSync(program.python, ["examples/deploy/walk.py", description], {
    env: { ...process.env, ...program.env },
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(/robot\.deployment\.json is of a policy on two legs; allowed: one on four/) as string,
  });
});
