import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, test } from "vitest";
import "../../robots/index.js";
import { initActor } from "../../lib/algorithms/actor.js";
import { RunningNormalizer } from "../../lib/dynamics/normalizer.js";
import { conditions } from "../../robots/go2/go2-conditions.js";
import { go2Tasks } from "../../robots/go2/go2-trials.js";
import { createEnvironment, findTask } from "../../lib/tasks/index.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../../lib/tensor/random.js";
import { disposeTree } from "@dmo-lab/jit/tree";
import { deploymentOf, type Deployment } from "./deployment.js";
import { policyToOnnx } from "./onnx.js";
import { Policy } from "../../lib/training/policy.js";

beforeAll(async () => {
  await useBackend();
});

type Vector = readonly number[];

/** What a robot measures: a quaternion x, y, z, w and velocities in the world's axes, joints in the description's order. */
type Measured = { attitude: Vector; spin: Vector; angles: Vector; velocities: Vector; command: Vector };

/** The inverse of a rotation by a unit quaternion, v + 2 u x (u x v - w v). */
function intoBase([x, y, z, w]: Vector, v: Vector): number[] {
  const cross = (a: Vector, b: Vector): number[] =>
    [0, 1, 2].map((i) => a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3]);
  const inner = cross([x, y, z], v).map((c, i) => c - w * v[i]);
  return cross([x, y, z], inner).map((c, i) => v[i] + 2 * c);
}

/** A controller made of the two files alone. */
async function controller(description: string) {
  const about = JSON.parse(readFileSync(description, "utf8")) as Deployment;
  const session = await InferenceSession.create(join(description, "..", about.model.file));
  let previous: number[] = about.joints.map(() => 0);
  let phase = 0;
  const past: { [source: string]: Vector }[] = [];
  const sources = ({ attitude, spin, angles, velocities, command }: Measured): { [source: string]: Vector } => ({
    "angular velocity of the base in its axes": intoBase(attitude, spin),
    "commanded velocity of the base, forward and to the left": command.slice(0, 2),
    "commanded turning to the left": command.slice(2),
    "unit vector of gravity in the base's axes": intoBase(attitude, [0, 0, -1]),
    "joint angles": angles,
    "joint velocities": velocities,
    "previous action, within [-1, 1]": previous,
    "phase of each foot, as sin(2 pi (phase + offset))": about.gait.feet.map(({ offset }) =>
      Math.sin(2 * Math.PI * (phase + offset)),
    ),
  });
  const act = async (measured: Measured): Promise<number[]> => {
    past.unshift(sources(measured));
    const obs = about.observation.flatMap(({ source, size, scale, stepsAgo }) => {
      const values = past[Math.min(stepsAgo, past.length - 1)][source];
      expect(values).toHaveLength(size);
      return values.map((x) => x * scale);
    });
    const result = await session.run({ [about.model.input]: new Tensor("float32", obs, [1, obs.length]) });
    const raw = [...(result[about.model.output].data as Float32Array)];
    previous = raw.map((a) => Math.min(Math.max(a, -about.action.limit), about.action.limit));
    phase = (phase + about.gait.frequency * about.secondsBetweenActions) % 1;
    return previous;
  };
  return { about, act };
}

/** An untrained actor with outputs of some size, and a normaliser that has seen something. */
function untrained(task: string): Policy {
  const random = streams(3)("actor");
  const size = findTask(task).actorSees.length;
  const normalizer = new RunningNormalizer(size);
  normalizer.update(random.normals(size * 200).map((x, i) => x * (0.2 + (i % 49) / 40)));
  const actor = initActor(size, [32], 12, random);
  const policy = new Policy(task, { network: "elu-norm-tanh", actor, normalizer: normalizer.save() });
  disposeTree(actor);
  return policy;
}

describe.each(Object.keys(go2Tasks) as (keyof typeof go2Tasks)[])("%s on a robot", (name) => {
  test("acts as in the simulator, from the exported files alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dmo-lab-"));
    const policy = untrained(name);
    writeFileSync(join(folder, "robot.onnx"), policyToOnnx(policy, findTask(name)));
    writeFileSync(join(folder, "robot.deployment.json"), JSON.stringify(deploymentOf(findTask(name), "robot.onnx")));
    const { about, act } = await controller(join(folder, "robot.deployment.json"));

    const environment = createEnvironment(go2Tasks[name](conditions.nominal), 1, streams(5)("start"));
    let obs = environment.reset();
    let largest = 0;
    for (let step = 0; step < 60; step++) {
      const { q, qd } = environment.engine.state();
      const command = [...environment.context.slice(0, 3)];
      const measured = { attitude: [...q.slice(3, 7)], spin: [...qd.slice(0, 3)], command };
      const action = await act({ ...measured, angles: [...q.slice(7)], velocities: [...qd.slice(6)] });
      const expected = policy.act(environment.sense(obs));
      action.forEach((a, i) => expect(Math.abs(a - expected[i]), `step ${step}`).toBeLessThan(1e-5));
      largest = Math.max(largest, ...action.map(Math.abs));
      const { resetObs, terminated } = environment.step(Float32Array.from(action));
      if (terminated[0]) break;
      obs = resetObs;
    }
    expect(largest).toBeGreaterThan(0.1);
    expect(about.joints.map(({ rest }) => rest)).toEqual(environment.task.mujoco!.control!.rest);
    const stronger = name === "go2-bipedal-robust";
    expect(about).toMatchObject({
      secondsBetweenActions: 0.02,
      action: { scale: 0.5 },
      control: { ...(stronger ? { stiffness: 30, damping: 0.8 } : { stiffness: 20, damping: 0.5 }), seconds: 0.005 },
      gait: { frequency: 3 },
    });
    expect(about.joints[2]).toMatchObject({
      name: "FL_calf",
      lower: -2.7227,
      upper: -0.83776,
      effort: stronger ? 35 : 45.43,
    });
    expect(about.observation.reduce((sum, { size }) => sum + size, 0)).toBe(environment.task.actorSees.length);
    environment.dispose();
    policy.dispose();
  });
});
