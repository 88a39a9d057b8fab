/** MuJoCo as an engine: many environments, stepped by worker threads, each with a MuJoCo of its own. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { InputError } from "@dmo-lab/input/errors";
import { type Engine, type Variations, requireLength } from "@dmo-lab/physics/engine";
import type { Scalar } from "@dmo-lab/physics/expression";
import { writeMjcf } from "./mjcf-writer.js";
import { activationsOf, type MjcfText, type Model } from "@dmo-lab/physics/model";
import { KnownKinematics } from "@dmo-lab/physics/known-kinematics";
import type { Observable } from "@dmo-lab/physics/observability";
import { buildTree } from "@dmo-lab/physics/tree";
import { MujocoBatch } from "./mujoco-batch.js";
import type { PositionControl } from "./mujoco-motors.js";
import type { MujocoPhysics } from "./mujoco-stepper.js";
import type { WorkerInput } from "./mujoco-worker.js";
import { readModelFile } from "./mujoco.js";
import { Observer } from "@dmo-lab/physics/observer";
import type { SymbolicState } from "@dmo-lab/physics/routines";

/** How MuJoCo simulates a model. */
export interface MujocoOptions {
  /** Steps of MuJoCo in a control step. */
  readonly steps?: number;
  /** MJCF file of the same robot, with what a model record does not say; absent: the one that the record was read from, if any. */
  readonly mjcf?: string;
  /** Motors that hold positions; absent: actions are forces. */
  readonly control?: PositionControl;
}

/** What belongs to a task beside the model: numbers of an environment's context and sensors. */
export interface MujocoExtras {
  /** At most so many threads share the environments (default 1), each at least 8 of them. */
  readonly threads?: number;
  /** Numbers of an environment's context (default 0). */
  readonly contextSize?: number;
  /** Numbers of all sensors in the file together (default 0). */
  readonly sensorSize?: number;
  /** Where in the context numbers stand that are physics; default: none are. */
  readonly variations?: Variations;
}

/** With a control step of 1/60 s: 1/240 s, the largest step that MuJoCo's contacts (0.02 s) resolve well. */
export const MUJOCO_STEPS = 4;

/** Fewer environments than this are not worth another thread. */
const ENVS_PER_THREAD = 8;

/**
 * The state is float32 and canonical (`engine.ts`). Every control step starts from it alone, so that a state that was
 * saved and set again goes on in the same way, and the number of threads changes nothing.
 */
export class MujocoEngine implements Engine {
  /** Coordinates of one environment, actuators' own state included. */
  readonly nq: number;
  /** Velocities of one environment. */
  readonly nqd: number;
  /** Components of an action. */
  readonly actionSize: number;
  /** Components of an observation. */
  readonly observationSize: number;
  private readonly integrationSteps: number;
  private readonly batch: MujocoBatch;
  private readonly observer: Observer;

  /**
   * Starts the threads and waits for them (a second).
   * @param extras `threads`: at most this many
   * @throws InputError for a model that MuJoCo can't simulate
   */
  constructor(
    model: Model,
    observe: (state: SymbolicState) => Scalar[],
    readonly numEnvs: number,
    { threads = 1, contextSize = 0, sensorSize = 0, variations = {}, ...options }: MujocoOptions & MujocoExtras = {},
  ) {
    const { nqd, ...tree } = buildTree(model);
    const action = model.actuators.length;
    const nq = tree.nq + activationsOf(model);
    [this.nq, this.nqd, this.actionSize] = [nq, nqd, action];
    const sizes = { q: nq, qd: nqd, action, context: contextSize, sensors: sensorSize };
    this.observer = new Observer(sizes, observe, numEnvs);
    this.observationSize = this.observer.size;
    const physics = mujocoPhysics(model, options);
    this.integrationSteps = physics.steps;
    const count = Math.max(1, Math.min(threads, Math.floor(numEnvs / ENVS_PER_THREAD)));
    this.batch = new MujocoBatch(numEnvs, sizes, count);
    const input: WorkerInput = { batch: [numEnvs, sizes, count, this.batch.buffer], physics, variations };
    this.batch.begin();
    for (let i = 0; i < count; i++) new Worker(workerFile(), { workerData: input, execArgv: [] }).unref();
    this.finish();
  }

  setState(
    env: number,
    q: ArrayLike<number>,
    qd: ArrayLike<number>,
    action: ArrayLike<number> = new Float32Array(this.actionSize),
    sensors: ArrayLike<number> = new Float32Array(this.batch.sizes.sensors),
  ): void {
    const { nq, nqd, actionSize, batch } = this;
    requireLength("q", q, nq);
    requireLength("qd", qd, nqd);
    requireLength("previousAction", action, actionSize);
    requireLength("sensors", sensors, batch.sizes.sensors);
    if (!(env >= 0 && env < this.numEnvs)) throw new RangeError(`env is ${env}; allowed: 0 to ${this.numEnvs - 1}`);
    batch.q.set(q, env * nq);
    batch.qd.set(qd, env * nqd);
    batch.action.set(action, env * actionSize);
    batch.sensors.set(sensors, env * batch.sizes.sensors);
  }

  state(): { q: Float32Array; qd: Float32Array; sensors: Float32Array } {
    const { q, qd, sensors } = this.batch;
    return { q: Float32Array.from(q), qd: Float32Array.from(qd), sensors: Float32Array.from(sensors) };
  }

  step(action: ArrayLike<number>, context: ArrayLike<number> = new Float32Array(this.batch.context.length)): void {
    requireLength("action", action, this.numEnvs * this.actionSize);
    requireLength("context", context, this.batch.context.length);
    this.batch.previous.set(this.batch.action);
    this.batch.action.set(action);
    this.batch.context.set(context);
    this.batch.begin();
    this.finish();
  }

  observe(context: Float32Array = new Float32Array(this.batch.context.length)): Float32Array {
    requireLength("context", context, this.batch.context.length);
    const { q, qd, action, sensors } = this.batch;
    return this.observer.observe({ q, qd, action, context, sensors });
  }

  kinematics(task: Observable): KnownKinematics {
    return new KnownKinematics(task, this.integrationSteps, this.numEnvs);
  }

  /** Ends the threads; a process that ends without this ends them as well. */
  dispose(): void {
    this.batch.close();
  }

  private finish(): void {
    const failure = this.batch.finish();
    if (!failure) return;
    this.batch.close();
    throw failure.kind === "input" ? new InputError(failure.message) : new Error(`MuJoCo: ${failure.message}`);
  }
}

/**
 * What MuJoCo is given for a model: MJCF, written from the record unless it is a file's, the control step, motors.
 * @param model the robot
 * @param options steps of MuJoCo in a control step (default 4), a file in place of the record, motors that hold
 *   positions
 */
export function mujocoPhysics(
  model: Model,
  { steps = MUJOCO_STEPS, mjcf: file, control }: MujocoOptions = {},
): MujocoPhysics {
  const how = { timeStep: model.timeStep, steps, control };
  const mjcf: MjcfText | undefined = file === undefined ? model.mjcf : { text: readModelFile(file), file };
  return mjcf ? { ...mjcf, ...how } : { ...writeMjcf(buildTree(model)), file: `${model.name}.xml`, ...how };
}

/** Threads run what is compiled, also where this very file runs from its source. */
function workerFile(): string {
  const places = ["./mujoco-worker.js", "./dist/mujoco-worker.js"];
  const file = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync);
  if (file === undefined) throw new Error('DMO Lab is not compiled yet: run "npm run setup" first.');
  return file;
}
