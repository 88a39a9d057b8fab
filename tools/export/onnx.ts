// A policy as an ONNX file (github.com/onnx/onnx, onnx.proto; operator set 17), to run it anywhere:
// "obs" [batch, observation] in raw units -> normaliser -> network -> tanh or clip -> "action" [batch, action] in [-1, 1].
import { policyNetworks } from "../../lib/algorithms/policies.js";
import { EPSILON } from "../../lib/dynamics/normalizer.js";
import { type Actuator, actuatorName, isControl } from "@dmo-lab/physics/model";
import { packageVersion } from "../../lib/project.js";
import type { Task } from "../../lib/tasks/task.js";
import { tf } from "@dmo-lab/jit/tf";
import type { Policy } from "../../lib/training/policy.js";
import { field, message } from "./protobuf.js";

const IR_VERSION = 8;
const OPERATOR_SET = 17;
const FLOAT = 1;

/** Nodes and constants of a graph, written one after another; values are known by name. */
class Graph {
  private readonly parts: Buffer[] = [];
  private count = 0;

  constant(name: string, tensor: tf.Tensor): string {
    const values = Float32Array.from(tensor.dataSync());
    const dims = tensor.shape.map((size) => field(1, size));
    const bytes = new Uint8Array(values.buffer);
    this.parts.push(field(5, message(...dims, field(2, FLOAT), field(8, name), field(9, bytes))));
    return name;
  }

  /** Applies an operator with its default attributes; returns the name of the result. */
  node(operator: string, inputs: string[], result = `value${this.count++}`): string {
    const names = [...inputs.map((name) => field(1, name)), field(2, result)];
    this.parts.push(field(1, message(...names, field(4, operator))));
    return result;
  }

  /** The graph as a message; input and output are [batch, size]. */
  finish(name: string, input: [string, number], output: [string, number]): Buffer {
    return message(...this.parts, field(2, name), field(11, matrix(...input)), field(12, matrix(...output)));
  }
}

/** Declares a float matrix of any number of rows. */
function matrix(name: string, columns: number): Buffer {
  const shape = message(field(1, field(2, "batch")), field(1, field(1, columns)));
  return message(field(1, name), field(2, field(1, message(field(1, FLOAT), field(2, shape)))));
}

const ACTIVATIONS = { elu: "Elu", relu: "Relu" } as const;

/** The actor's network: Gemm, Elu (alpha 1) or Relu, and LayerNormalization (epsilon 1e-5) by their defaults. */
function network(policy: Policy, graph: Graph): void {
  const { actor, normalizer, actionSize } = policy;
  const { activation, layerNorm, squash } = policyNetworks[policy.network];
  const parameter = (name: string): string => graph.constant(name, actor[name]);
  const scale = tf.tidy(() => graph.constant("scale", normalizer.variance.add(EPSILON).rsqrt()));
  let h = graph.node("Mul", [graph.node("Sub", ["obs", graph.constant("mean", normalizer.mean)]), scale]);
  for (let i = 0; `layer${i}.weight` in actor; i++) {
    const linear = graph.node("Gemm", [h, parameter(`layer${i}.weight`), parameter(`layer${i}.bias`)]);
    h = graph.node(ACTIVATIONS[activation], [linear]);
    const norm = (): string[] => [parameter(`norm${i}.weight`), parameter(`norm${i}.bias`)];
    if (layerNorm) h = graph.node("LayerNormalization", [h, ...norm()]);
  }
  const [weight, bias] = tf.tidy(() => [
    graph.constant("output.weight", actor["output.weight"].slice([0, 0], [-1, actionSize])), // without a log-std
    graph.constant("output.bias", actor["output.bias"].slice(0, actionSize)),
  ]);
  const mean = graph.node("Gemm", [h, weight, bias]);
  const bounds = (): string[] => tf.tidy(() => [-1, 1].map((x) => graph.constant(`bound ${x}`, tf.scalar(x))));
  if (squash === "tanh") graph.node("Tanh", [mean], "action");
  else graph.node("Clip", [mean, ...bounds()], "action");
}

/** What a component of the action is. */
const actionOf = (actuator: Actuator): object =>
  isControl(actuator) ? actuator : { name: actuatorName(actuator), strength: actuator.strength };

/**
 * The deterministic policy as the content of an ONNX file. Its metadata names task, observation and actions in order.
 * @param policy deterministic here, whatever noise it trained with @param task that it was trained on
 * @param notes further metadata
 */
export function policyToOnnx(policy: Policy, task: Task, notes: { [key: string]: string } = {}): Uint8Array {
  const graph = new Graph();
  network(policy, graph);
  const metadata = {
    task: task.name,
    observation: JSON.stringify(task.observation.filter(({ privileged }) => !privileged)),
    action: JSON.stringify(task.model.actuators.map(actionOf)),
    seconds_between_actions: String(task.model.timeStep),
    ...notes,
  };
  return message(
    field(1, IR_VERSION),
    field(2, "dmo-lab"),
    field(3, packageVersion()),
    field(7, graph.finish(task.name, ["obs", policy.observationSize], ["action", policy.actionSize])),
    field(8, message(field(1, ""), field(2, OPERATOR_SET))),
    ...Object.entries(metadata).map(([key, value]) => field(14, message(field(1, key), field(2, value)))),
  );
}
