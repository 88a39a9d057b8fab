/** What computes the tensors of a page: TensorFlow.js's WebAssembly with SIMD, which the page's script carries. */
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import single from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";
import threaded from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm";
import { replay } from "@dmo-lab/jit/replay";
import { tf } from "@dmo-lab/jit/tf";
import { tracers } from "@dmo-lab/jit/tracing";

/**
 * Starts it; the page has made sure that the browser can.
 * @param threads more than 1 where the page is cross-origin isolated alone
 */
export async function startBackend(threads: number): Promise<void> {
  tf.env().set("PROD", true);
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", threads > 1);
  setThreadsCount(threads);
  const url = URL.createObjectURL(new Blob([threads > 1 ? threaded : single], { type: "application/wasm" }));
  const files = ["", "-simd", "-threaded-simd"].map((kind) => [`tfjs-backend-wasm${kind}.wasm`, url] as const);
  setWasmPaths(Object.fromEntries(files));
  if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js's WebAssembly does not start.");
  tracers.set("wasm", replay);
}
