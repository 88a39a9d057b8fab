import path from "node:path";
import { InputError } from "../../lib/errors.js";
import { defineCommand } from "../command.js";

export const command = defineCommand({
  name: "export",
  summary: "write the policy of a run as an ONNX file",
  usage: "DIR [options]",
  operands: { min: 1, max: 1 },
  options: { out: { value: "FILE", help: "the file, named .onnx (default DIR/policy.onnx)" } },
  notes: () =>
    'Input "obs" [batch, observation] in raw units, output "action" [batch, action] in (-1, 1): the deterministic policy with\nits normaliser. The metadata names task, observation and actions in order.',

  async run({ options, operands: [directory] }) {
    const file = options.out ?? path.join(directory, "policy.onnx");
    if (!file.endsWith(".onnx")) throw new InputError(`option --out is "${file}"; allowed: a file named .onnx.`);
    const { openRun } = await import("../session.js");
    const folder = await openRun(directory);
    const { algorithm, seed } = folder.config();
    const { useBackend } = await import("../../lib/tensor/backend.js");
    const { findTask } = await import("../../lib/tasks/index.js");
    const { policyToOnnx } = await import("../../lib/training/onnx.js");
    const { storing, writeAtomically } = await import("../../lib/training/files.js");
    await useBackend("cpu"); // nothing is computed
    const policy = folder.policy();
    const content = policyToOnnx(policy, findTask(policy.task), { algorithm, seed: String(seed) });
    policy.dispose();
    storing(file, () => writeAtomically(file, content));
    console.log(`Policy: ${file}`);
    return 0;
  },
});
