import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { deterministicAction, sampleAction } from "../algorithms/actor.js";
import type { PolicySnapshot } from "../algorithms/learner.js";
import { normalize, RunningNormalizer, type NormalizerState, type NormalizerTensors } from "../dynamics/normalizer.js";
import { InputError } from "../errors.js";
import { jit } from "../tensor/jit.js";
import type { Params } from "../tensor/layers.js";
import { tf } from "../tensor/tf.js";
import { cloneTree, disposeTree, keepTree } from "../tensor/tree.js";
import { writeAtomically } from "./files.js";

const FORMAT = "dmo-lab policy 1";

/** What a policy file says: weights as base64 of little-endian float32. */
type PolicyContent = {
  format: string;
  task: string;
  normalizer: NormalizerState;
  actor: { [name: string]: { shape: number[]; float32: string } };
};

const meanAction = jit("deterministic action", (actor: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D) =>
  deterministicAction(actor, normalize(obs, normalizer)),
);
const sampledAction = jit(
  "sampled action",
  (actor: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D, noise: tf.Tensor2D) =>
    sampleAction(actor, normalize(obs, normalizer), noise),
);

/** A policy that acts on raw observations: the normaliser it was trained with is part of it. */
export class Policy {
  readonly observationSize: number;
  readonly actionSize: number;
  private readonly actor: Params;
  private readonly normalizer: NormalizerTensors;

  /** Copies the snapshot's tensors; the copy belongs to the policy. */
  constructor(
    readonly task: string,
    snapshot: PolicySnapshot,
  ) {
    this.statistics = snapshot.normalizer;
    const running = new RunningNormalizer(snapshot.normalizer.mean.length);
    running.load(snapshot.normalizer);
    this.normalizer = keepTree(running.tensors());
    this.actor = keepTree(cloneTree(snapshot.actor));
    this.observationSize = running.size;
    this.actionSize = this.actor["logStd"].size;
  }

  private readonly statistics: NormalizerState;

  /** Actions [env * act] of observations [env * obs]: deterministic, or sampled with standard normal `noise` [env * act]. */
  act(obs: Float32Array, noise?: Float32Array): Float32Array {
    const envs = obs.length / this.observationSize;
    return tf.tidy(() => {
      const x = tf.tensor2d(obs, [envs, this.observationSize]);
      const action = noise
        ? sampledAction(this.actor, this.normalizer, x, tf.tensor2d(noise, [envs, this.actionSize]))
        : meanAction(this.actor, this.normalizer, x);
      return action.dataSync() as Float32Array;
    });
  }

  /** Writes a policy file. */
  save(path: string): void {
    const actor = Object.entries(this.actor).map(([name, tensor]) => {
      const bytes = Buffer.from(Float32Array.from(tensor.dataSync()).buffer);
      return [name, { shape: tensor.shape, float32: bytes.toString("base64") }] as const;
    });
    const content: PolicyContent = {
      format: FORMAT,
      task: this.task,
      normalizer: this.statistics,
      actor: Object.fromEntries(actor),
    };
    writeAtomically(path, JSON.stringify({ ...content, sha256: checksum(content) }, null, 1) + "\n");
  }

  /** Reads a policy file. @throws InputError for a file that is absent, truncated, altered or of another kind */
  static load(path: string): Policy {
    const { task, normalizer, actor } = readContent(path);
    const params = Object.fromEntries(
      Object.entries(actor).map(([name, { shape, float32 }]) => {
        const bytes = Buffer.from(float32, "base64");
        return [name, tf.tensor(new Float32Array(new Uint8Array(bytes).buffer), shape)];
      }),
    );
    const policy = new Policy(task, { actor: params, normalizer });
    disposeTree(params);
    return policy;
  }

  dispose(): void {
    disposeTree([this.actor, this.normalizer]);
  }
}

const checksum = (content: PolicyContent): string => createHash("sha256").update(JSON.stringify(content)).digest("hex");

function readContent(path: string): PolicyContent {
  const refuse = (why: string): never => {
    throw new InputError(`policy "${path}" ${why}.`);
  };
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    refuse(`can't be read: ${(error as Error).message}`);
  }
  let parsed: PolicyContent & { sha256?: string };
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch {
    return refuse("is not whole: its JSON ends early or is damaged");
  }
  const { sha256, ...content } = parsed;
  if (content.format !== FORMAT) refuse(`is of the format "${String(content.format)}"; allowed: "${FORMAT}"`);
  if (sha256 !== checksum(content)) refuse("does not match its checksum: it was altered or damaged");
  return content;
}
