import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import type { RunConfig } from "../../lib/training/config.js";
import { TRUST, defineCommand } from "../command.js";

export const command = defineCommand({
  name: "export",
  summary: "write a policy as an ONNX file",
  usage: "POLICY [options]",
  operands: { min: 1, max: 1 },
  options: {
    out: { value: "FILE", help: "the file, named .onnx (default policy.onnx in the run's folder)" },
    ...TRUST,
  },
  notes: () =>
    `POLICY is the folder of a run or a policy file (data/policies/go2.json, which needs --out).

Input "obs" [batch, observation] in raw units, output "action" [batch, action] in [-1, 1]: the deterministic policy with
its normaliser. The metadata names task, observation and actions in order. For a Go2 a description for the robot is
written beside it, FILE with .deployment.json at its end: docs/go2.md.`,

  async run({ options, operands: [from] }) {
    if (from.endsWith(".json") && options.out === undefined)
      throw new InputError("option --out is missing: it says where the policy of a file goes.");
    const file = options.out ?? path.join(from, "policy.onnx");
    if (!file.endsWith(".onnx")) throw new InputError(`option --out is "${file}"; allowed: a file named .onnx.`);
    const { openPolicy } = await import("../session.js");
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { findTask } = await import("../../lib/tasks/index.js");
    const { policyToOnnx } = await import("../../tools/export/onnx.js");
    const { deploymentOf } = await import("../../tools/export/deployment.js");
    const { writeAtomically } = await import("@dmo-lab/storage/files");
    await useBackend("cpu"); // nothing is computed
    const { policy, folder } = await openPolicy(from, options);
    const task = findTask(policy.task);
    policy.requireFit(task);
    const content = policyToOnnx(policy, task, trainingOf(folder?.config()));
    policy.dispose();
    writeAtomically(file, content);
    console.log(`Policy: ${file}`);
    if (!task.mujoco?.control) return 0;
    const description = file.replace(/onnx$/, "deployment.json");
    const deployment = JSON.stringify(deploymentOf(task, path.basename(file)), null, 2) + "\n";
    writeAtomically(description, deployment);
    console.log(`For the robot: ${description}`);
    return 0;
  },
});

/** What the file says of how the policy was trained. */
const trainingOf = (config?: RunConfig): { [key: string]: string } =>
  config ? { algorithm: config.algorithm, seed: String(config.seed) } : {};
