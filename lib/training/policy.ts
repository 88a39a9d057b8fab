import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { PolicySnapshot } from "../algorithms/learner.js";
import { meanAction, networkNames, policyNetworks, sampledAction, type NetworkName } from "../algorithms/policies.js";
import { normalize, RunningNormalizer, type NormalizerState, type NormalizerTensors } from "../dynamics/normalizer.js";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import { readText } from "@dmo-lab/input/json";
import { parseJson } from "@dmo-lab/input/parse-json";
import * as is from "@dmo-lab/input/schema";
import { jit } from "@dmo-lab/jit/jit";
import { fromBase64, toBase64 } from "@dmo-lab/storage/base64";
import type { Params } from "../tensor/layers.js";
import type { Task } from "../tasks/task.js";
import { tf } from "@dmo-lab/jit/tf";
import { cloneTree, disposeTree, keepTree } from "@dmo-lab/jit/tree";
import { writeAtomically } from "@dmo-lab/storage/files";

const FORMAT = "dmo-lab policy 1";

/** What a policy file says: weights as base64 of little-endian float32. */
const schema = is.partOf({
  format: is.oneName(FORMAT),
  task: is.text,
  /** Absent in older files: the only one there was. */
  network: is.optional(is.oneName(...networkNames)),
  normalizer: is.partOf({
    mean: is.list<number>(is.single, "a list of numbers", 1),
    variance: is.list<number>(is.notNegative),
    count: is.number,
  }),
  actor: is.dictionary(is.record({ shape: is.list<number>(is.whole()), float32: is.text })),
});

type PolicyContent = is.Output<typeof schema>;

/** Compiled functions of raw observations. */
const actionsOf = (name: NetworkName) => ({
  mean: jit("deterministic action", (actor: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D) =>
    meanAction(policyNetworks[name], actor, normalize(obs, normalizer)),
  ),
  sampled: jit("sampled action", (actor: Params, normalizer: NormalizerTensors, obs: tf.Tensor2D, noise: tf.Tensor2D) =>
    sampledAction(policyNetworks[name], actor, normalize(obs, normalizer), noise),
  ),
});
const compiled = Object.fromEntries(networkNames.map((name) => [name, actionsOf(name)]));

/** A policy of a `task`: acts on raw observations, those that its actor sees; the normaliser it was trained with is part of it. */
export class Policy {
  /** Numbers that it sees of a robot. */
  readonly observationSize: number;
  /** Numbers of an action, each in [-1, 1]. */
  readonly actionSize: number;
  /** What is computed of its parameters. */
  readonly network: NetworkName;
  /** Its parameters. */
  readonly actor: Params;
  /** Mean and variance that it sees through. */
  readonly normalizer: NormalizerTensors;

  /** Copies the snapshot's tensors; the copy belongs to the policy. */
  constructor(
    readonly task: string,
    snapshot: PolicySnapshot,
  ) {
    this.statistics = snapshot.normalizer;
    const running = new RunningNormalizer(snapshot.normalizer.mean.length);
    running.load(snapshot.normalizer);
    this.normalizer = keepTree(running.tensors());
    this.network = oneOf("network of the policy", snapshot.network, networkNames);
    this.actor = keepTree(cloneTree(snapshot.actor));
    this.observationSize = running.size;
    this.actionSize = this.actor["output.bias"].size / outputsPerAction(this.network);
  }

  private readonly statistics: NormalizerState;

  /** Actions [env * act] of observations [env * obs]: deterministic, or sampled with standard normal `noise` [env * act]. */
  act(obs: Float32Array, noise?: Float32Array): Float32Array {
    const envs = obs.length / this.observationSize;
    const { mean, sampled } = compiled[this.network];
    return tf.tidy(() => {
      const x = tf.tensor2d(obs, [envs, this.observationSize]);
      const action = noise
        ? sampled(this.actor, this.normalizer, x, tf.tensor2d(noise, [envs, this.actionSize]))
        : mean(this.actor, this.normalizer, x);
      return action.dataSync() as Float32Array;
    });
  }

  /** The content of a policy file. */
  text(): string {
    const actor = Object.entries(this.actor).map(([name, tensor]) => {
      return [name, { shape: tensor.shape, float32: toBase64(tensor.dataSync()) }] as const;
    });
    const content: PolicyContent = {
      format: FORMAT,
      task: this.task,
      network: this.network,
      normalizer: this.statistics,
      actor: Object.fromEntries(actor),
    };
    return JSON.stringify({ ...content, sha256: checksum(content) }, null, 1) + "\n";
  }

  /** Writes a policy file, whole or not at all. @throws StorageError */
  save(path: string): void {
    writeAtomically(path, this.text());
  }

  /** Reads a policy file. @throws InputError for a file that is absent, truncated, altered or of another kind */
  static load(path: string): Policy {
    const name = `policy "${path}"`;
    return Policy.parse(readText(path, name), name);
  }

  /** The policy of a policy file's content; `name` stands for it in errors. @throws InputError */
  static parse(text: string, name = "policy"): Policy {
    const { task, network = networkNames[0], normalizer, actor } = parseContent(text, name);
    const params = Object.fromEntries(
      Object.entries(actor).map(([key, { shape, float32 }]) => [key, tf.tensor(fromBase64(float32), shape)]),
    );
    const policy = new Policy(task, { network, actor: params, normalizer });
    disposeTree(params);
    return policy;
  }

  /** @throws InputError unless it sees and gives as many numbers as the actor of a task */
  requireFit({ name, actorSees, actionSize }: Pick<Task, "name" | "actorSees" | "actionSize">): void {
    if (this.observationSize === actorSees.length && this.actionSize === actionSize) return;
    throw new InputError(
      `the policy takes ${this.observationSize} observations to ${this.actionSize} actions; the task "${name}" has ${actorSees.length} and ${actionSize}.`,
    );
  }

  /** Frees its tensors. */
  dispose(): void {
    disposeTree([this.actor, this.normalizer]);
  }
}

const outputsPerAction = (network: NetworkName): number => (policyNetworks[network].logStd === "output" ? 2 : 1);

const checksum = (content: object): string => bytesToHex(sha256(utf8ToBytes(JSON.stringify(content))));

function parseContent(text: string, name: string): PolicyContent {
  const refuse = (why: string): never => {
    throw new InputError(`${name} ${why}.`);
  };
  const { sha256, ...rest } = { ...(parseJson(text, name) as { sha256?: string } | null) };
  const content = is.check(schema, rest, `${name}: `);
  if (sha256 !== checksum(content)) refuse("does not match its checksum: it was altered or damaged");
  checkShapes(content, refuse);
  return content;
}

/** Refuses a policy whose normaliser and layers don't fit each other. */
function checkShapes(content: PolicyContent, refuse: (why: string) => never): void {
  const { network = networkNames[0], normalizer, actor } = content;
  const { layerNorm, logStd } = policyNetworks[network];
  /** The last size of a parameter of this shape; undefined stands for any size. */
  const lastSize = (name: string, ...sizes: (number | undefined)[]): number => {
    const { shape, float32 } = actor[name] ?? refuse(`lacks the parameter ${name}`);
    const values = fromBase64(float32);
    const fits = shape.length === sizes.length && shape.every((size, i) => size === (sizes[i] ?? size));
    if (!fits || values.length !== shape.reduce((a, b) => a * b))
      refuse(`has a parameter ${name} of the shape [${shape.join()}] and ${values.length} numbers`);
    if (!values.every(Number.isFinite)) refuse(`has a parameter ${name} with a number that is not finite`);
    return shape[shape.length - 1];
  };
  let width = normalizer.mean.length;
  if (normalizer.variance.length !== width) refuse("has a normaliser whose mean and variance differ in length");
  for (let i = 0; `layer${i}.weight` in actor; i++) {
    width = lastSize(`layer${i}.weight`, width, undefined);
    const norms = layerNorm ? [`norm${i}.weight`, `norm${i}.bias`] : [];
    for (const name of [`layer${i}.bias`, ...norms]) lastSize(name, width);
  }
  const outputs = lastSize("output.weight", width, undefined);
  lastSize("output.bias", outputs);
  if (logStd === "parameter") lastSize("logStd", outputs);
  else if (logStd === "output" && outputs % 2)
    refuse(`has ${outputs} outputs, not a mean and a log-std of each action`);
}
