import { bfloat16 } from "@dmo-lab/jit/bfloat16";
import { adjointSpeed, forwardSpeed } from "./simulators.js";
import { epochTime, ppoSpeed } from "./epoch.js";
import { fitUpdate } from "./fits.js";
import { type Measurement, type Missing, relativeTo } from "./measure.js";
import { mujocoSpeed } from "./mujoco.js";
import { peerUpdates } from "./peers.js";
import { plainLoss } from "./plain.js";
import { compiledUpdate, eagerUpdate, matmul, updateShapes, type UpdateShape } from "./tensors.js";

type Budget = { seconds: number; threads: number };
type Rows = readonly (Measurement | Missing)[];
type Benchmark = (budget: Budget) => Rows | Promise<Rows>;

/** Every benchmark by the name of its first result. */
export const benchmarks = {
  matmul: ({ seconds }) => [
    matmul("matmul", seconds),
    ...inBfloat16(() => matmul("matmul/bfloat16", seconds, "bfloat16")),
  ],
  "update/hopper": (budget) => besidePeers("update/hopper", updateShapes.hopper, budget),
  "update/ant": (budget) => besidePeers("update/ant", updateShapes.ant, budget),
  "update/hopper/plain": ({ seconds }) => forms("update/hopper", updateShapes.hopper, seconds),
  "update/ant/plain": ({ seconds }) => forms("update/ant", updateShapes.ant, seconds),
  ...fits("humanoid"),
  ...fits("snu"),
  ...simulators("cartpole"),
  ...simulators("hopper"),
  ...simulators("cheetah"),
  ...simulators("ant"),
  ...simulators("humanoid"),
  ...simulators("snu"),
  "hopper/mujoco": ({ seconds }) => mujocoSpeed("hopper", seconds),
  "ant/mujoco": ({ seconds }) => mujocoSpeed("ant", seconds),
  "go2/mujoco": ({ seconds }) => mujocoSpeed("go2", seconds),
  "go2/forward": ({ seconds }) => [forwardSpeed("go2", seconds)],
  "epoch/hopper": ({ seconds }) => epochTime("hopper", seconds),
  "epoch/ant": ({ seconds }) => epochTime("ant", seconds),
  "epoch/go2": ({ seconds }) => epochTime("go2", seconds, ["preset=laptop"]),
  "ppo/hopper": ({ seconds }) => ppoSpeed("hopper", seconds),
} satisfies Record<string, Benchmark>;

export type BenchmarkName = keyof typeof benchmarks;
export const benchmarkNames = Object.keys(benchmarks) as BenchmarkName[];

/** Where the processor has no bfloat16, what stands in for it is no speed to know. */
const inBfloat16 = (measure: () => Measurement): Measurement[] => (bfloat16() === "rounded" ? [measure()] : []);

/** The update of a task's model: `update/<task>` in the official settings, `update/<task>/laptop` in that preset. */
function fits<T extends string>(task: T): Record<`update/${T}` | `update/${T}/laptop`, Benchmark> {
  const official: Benchmark = ({ seconds }) => [fitUpdate(`update/${task}`, task, seconds)];
  const laptop: Benchmark = ({ seconds }) => [fitUpdate(`update/${task}/laptop`, task, seconds, ["preset=laptop"])];
  return { [`update/${task}`]: official, [`update/${task}/laptop`]: laptop } as ReturnType<typeof fits<T>>;
}

/** The differentiable simulator of a task: `<task>/forward` and `<task>/adjoint`. */
function simulators<T extends string>(task: T): Record<`${T}/${"forward" | "adjoint"}`, Benchmark> {
  const forward: Benchmark = ({ seconds }) => [forwardSpeed(task, seconds)];
  const adjoint: Benchmark = ({ seconds }) => [adjointSpeed(task, seconds)];
  return { [`${task}/forward`]: forward, [`${task}/adjoint`]: adjoint } as ReturnType<typeof simulators<T>>;
}

/** Our compiled update relative to the first peer that is installed, and all others relative to ours. */
function besidePeers(name: string, shape: UpdateShape, { seconds, threads }: Budget): Measurement[] {
  const ours = compiledUpdate(name, shape, seconds);
  const low = inBfloat16(() => compiledUpdate(`${name}/bfloat16`, shape, seconds, "bfloat16"));
  const peers = peerUpdates(name, shape, seconds, threads);
  const first = peers.length > 0 ? relativeTo(peers[0], ours) : ours;
  return [first, ...[...low, ...peers].map((each) => relativeTo(ours, each))];
}

/** What an update takes in tfjs's own layers, op by op and compiled, and in ours op by op, relative to ours compiled. */
function forms(name: string, shape: UpdateShape, seconds: number): Measurement[] {
  const ours = compiledUpdate(name, shape, seconds);
  const others = [
    eagerUpdate(`${name}/plain`, shape, seconds, plainLoss),
    compiledUpdate(`${name}/plain/compiled`, shape, seconds, undefined, plainLoss),
    eagerUpdate(`${name}/eager`, shape, seconds),
  ];
  return others.map((each) => relativeTo(ours, each));
}
