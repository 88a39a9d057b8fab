/** Computing on an NVIDIA GPU, where the native library can: settings that it reads once, while it loads. */
import fs from "node:fs";
import path from "node:path";

/** How a GPU computes: `tf32` products are rounded to 10 bits, and deterministic ones are summed in one order. */
export type GpuSettings = { tf32: boolean; deterministic: boolean };

const SETTINGS = {
  TF_FORCE_GPU_ALLOW_GROWTH: "true", // several runs share a GPU
  NVIDIA_TF32_OVERRIDE: "0",
  TF_DETERMINISTIC_OPS: "1",
  CUDA_CACHE_MAXSIZE: String(2 ** 32 - 1), // kernels that are compiled for a newer GPU, once
};

/** Whether the libtensorflow in tfjs-node's folder comes with NVIDIA's libraries. */
export const hasCuda = (folder: string): boolean => fs.existsSync(path.join(folder, "deps", "nvidia"));

/** Says how the GPU is to compute, unless the environment does. To be called before the library loads. */
export function setGpuEnvironment(): void {
  for (const [name, value] of Object.entries(SETTINGS)) process.env[name] ??= value;
}

/** What the environment said to the library. */
export function gpuSettings(): GpuSettings {
  const { NVIDIA_TF32_OVERRIDE, TF_DETERMINISTIC_OPS } = process.env;
  return { tf32: NVIDIA_TF32_OVERRIDE !== "0", deterministic: /^(1|true)$/i.test(TF_DETERMINISTIC_OPS ?? "") };
}
