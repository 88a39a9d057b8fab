/**
 * Which library computes the tensors. Best first: native TensorFlow (through tfjs-node), WebAssembly, plain JavaScript.
 * `DMO_LAB_BACKEND` forces one, `DMO_LAB_THREADS` limits the native threads.
 */
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import { type GpuSettings, gpuSettings, hasCuda, setGpuEnvironment } from "./gpu.js";
import { opsAtATime } from "./parts.js";
import { loopsOnGpu, place } from "./placement.js";
import { replay } from "./replay.js";
import { tf } from "./tf.js";
import { trace } from "./trace.js";
import { tracers } from "./tracing.js";

/** Native TensorFlow, WebAssembly, or plain JavaScript. */
export type BackendName = "tensorflow" | "wasm" | "cpu";

/** What computes tensors in this process. */
export type BackendInfo = {
  /** Of the backend. */
  name: BackendName;
  /** Of the library that it is. */
  version: string;
  /** That it computes with. */
  threads: number;
  /** Settings of the GPU; absent: it computes on the processor. */
  gpu?: GpuSettings;
  /** Why a better backend did not load. */
  reason?: string;
};

type NativeBackend = { binding: { TF_Version: string; isUsingGpuDevice(): boolean } };

const NAMES: readonly BackendName[] = ["tensorflow", "wasm", "cpu"];
const require = createRequire(import.meta.url);
let chosen: Promise<BackendInfo> | undefined;

/**
 * Selects the backend of this process; later calls return the first choice.
 * @param name forces one; default: `DMO_LAB_BACKEND`, or the best one that loads
 * @throws InputError for an unknown name, a forced backend that does not load, or a second, different choice
 */
export async function useBackend(name?: BackendName): Promise<BackendInfo> {
  const wanted = name ?? fromEnvironment();
  if (wanted !== undefined) oneOf("backend", wanted, NAMES);
  chosen ??= select(wanted);
  const info = await chosen.catch((error: unknown) => {
    chosen = undefined;
    throw error;
  });
  if (wanted !== undefined && wanted !== info.name)
    throw new InputError(`backend "${wanted}" cannot be selected: this process already computes with "${info.name}".`);
  return info;
}

function fromEnvironment(): BackendName | undefined {
  const value = process.env.DMO_LAB_BACKEND;
  return value ? oneOf("DMO_LAB_BACKEND", value, NAMES) : undefined;
}

async function select(wanted: BackendName | undefined): Promise<BackendInfo> {
  tf.env().set("PROD", true); // no banner, no advice on the console
  tf.env().set("DEPRECATION_WARNINGS_ENABLED", false);
  const threads = threadCount();
  const reasons: string[] = [];
  for (const name of wanted ? [wanted] : NAMES) {
    try {
      const info = await LOADERS[name](threads);
      return reasons.length ? { ...info, reason: reasons.join("; ") } : info;
    } catch (error) {
      const why = `${name}: ${(error as Error).message.split("\n")[0]}`;
      if (wanted) throw new InputError(`backend "${wanted}" does not load here (${why}).`);
      reasons.push(why);
    }
  }
  throw new InputError(`no backend loads here (${reasons.join("; ")}).`);
}

const LOADERS: Record<BackendName, (threads: number) => Promise<BackendInfo>> = {
  async tensorflow(threads) {
    restoreUtil();
    const ops = setNativeEnvironment(threads);
    if (hasCuda(path.dirname(require.resolve("@tensorflow/tfjs-node/package.json")))) setGpuEnvironment();
    require("@tensorflow/tfjs-node");
    await start("tensorflow");
    tracers.set("tensorflow", trace);
    const { binding } = tf.backend() as unknown as NativeBackend;
    const info = { name: "tensorflow", version: binding.TF_Version, threads } as const;
    if (binding.isUsingGpuDevice()) {
      place(loopsOnGpu);
      return { ...info, gpu: gpuSettings() };
    }
    opsAtATime(ops);
    return info;
  },

  async wasm() {
    const restoreHandlers = watchProcessHandlers();
    try {
      const wasm = await import("@tensorflow/tfjs-backend-wasm");
      wasm.setWasmPaths(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + path.sep);
      await start("wasm");
    } finally {
      restoreHandlers();
    }
    tracers.set("wasm", replay);
    return { name: "wasm", version: tf.version.tfjs, threads: 1 };
  },

  async cpu() {
    await start("cpu");
    return { name: "cpu", version: tf.version.tfjs, threads: 1 };
  },
};

async function start(name: BackendName): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error("it does not start");
}

/** Threads that this process may use: `DMO_LAB_THREADS`, or as many as the machine runs at once. */
export function threadCount(): number {
  const value = process.env.DMO_LAB_THREADS;
  const threads = value ? Number(value) : os.availableParallelism();
  if (!Number.isInteger(threads) || threads < 1)
    throw new InputError(`DMO_LAB_THREADS "${value}" is not a number of threads: a whole number from 1.`);
  return threads;
}

/** What tfjs-node calls of `node:util`, without Node's warning (from 22 on) and where Node has it no longer (from 23 on). */
function restoreUtil(): void {
  const isNullOrUndefined = (x: unknown): boolean => x === null || x === undefined;
  Object.assign(require("node:util") as object, { isArray: Array.isArray, isNullOrUndefined });
}

/** Settings that the native library reads once, while it loads. @returns how many ops compute at a time */
function setNativeEnvironment(threads: number): number {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "3"; // what fails is thrown: lines of its own would only mix with the program's
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "1"; // off by default on older processors, where it is 15 % faster as well
  // Two ops at a time share the threads: there are independent ones (the gradients of a layer's input and weights, the halves of
  // a batch), and most are too small for two threads. On two threads an update of Hopper's dynamics model took 4.7 ms this way,
  // with one op after another 6.4 ms, and with its batch in halves as well 4.2 ms.
  const ops = Math.min(2, threads);
  process.env.TF_NUM_INTEROP_THREADS = String(ops);
  process.env.TF_NUM_INTRAOP_THREADS = String(Math.ceil(threads / ops));
  return ops;
}

/** The WASM loader adds handlers that end the process on any unhandled rejection: the function returned removes them. */
function watchProcessHandlers(): () => void {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => process.listeners(event as "uncaughtException"));
  return () =>
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as "uncaughtException"))
        if (!before[i].includes(listener)) process.removeListener(event, listener);
    });
}
