import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { initActor } from "../../lib/algorithms/actor.js";
import { RunningNormalizer } from "../../lib/dynamics/normalizer.js";
import { actuatorName } from "@dmo-lab/physics/model";
import { findTask, taskNames } from "../../lib/tasks/index.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { streams } from "../../lib/tensor/random.js";
import { disposeTree } from "@dmo-lab/jit/tree";
import { policyToOnnx } from "./onnx.js";
import { Policy } from "../../lib/training/policy.js";
import "../../robots/index.js";

beforeAll(async () => {
  await useBackend();
});

const stream = streams(4);

/** Observations [rows * size] that differ in place and scale from component to component. */
const observations = (rows: number, size: number): Float32Array =>
  stream("observations")
    .normals(rows * size)
    .map((x, i) => ((i % size) - 2) * 3 + x * 10 ** ((i % 5) - 2));

/** An untrained actor that has seen some observations. */
function policyOn(taskName: string): Policy {
  const { actorSees, actionSize } = findTask(taskName);
  const observationSize = actorSees.length;
  const normalizer = new RunningNormalizer(observationSize);
  normalizer.update(observations(500, observationSize));
  const actor = initActor(observationSize, [128, 64, 32], actionSize, stream("actor"));
  const policy = new Policy(taskName, { network: "elu-norm-tanh", actor, normalizer: normalizer.save() });
  disposeTree(actor);
  return policy;
}

describe.each(taskNames)("a policy on %s as ONNX", (name) => {
  it("acts as the policy does, to 1e-5", async () => {
    const policy = policyOn(name);
    const session = await InferenceSession.create(Buffer.from(policyToOnnx(policy, findTask(name))));
    for (const rows of [1, 50]) {
      const obs = observations(rows, policy.observationSize);
      const { action } = await session.run({ obs: new Tensor("float32", obs, [rows, policy.observationSize]) });
      expect(action.dims).toEqual([rows, policy.actionSize]);
      const expected = policy.act(obs);
      (action.data as Float32Array).forEach((a, i) => expect(Math.abs(a - expected[i])).toBeLessThan(1e-5));
      if (rows > 1) expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.1);
    }
    policy.dispose();
  });

  it("says what its observations and actions are", () => {
    const policy = policyOn(name);
    const task = findTask(name);
    const text = Buffer.from(policyToOnnx(policy, task, { algorithm: "dmo" })).toString("utf8");
    expect(text).toContain(JSON.stringify(task.observation.filter(({ privileged }) => !privileged)));
    for (const actuator of task.model.actuators) expect(text).toContain(`"name":"${actuatorName(actuator)}"`);
    expect(text).toMatch(/algorithm\x12\x03dmo/);
    policy.dispose();
  });
});
