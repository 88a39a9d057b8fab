import { afterEach, expect, test, vi } from "vitest";
import { gpuSettings, hasCuda, setGpuEnvironment } from "./gpu.js";
import { temporaryFolder } from "../../tests/temporary.js";

afterEach(() => vi.unstubAllEnvs());

test("a GPU is asked for all digits and one order of sums, unless the environment says otherwise", () => {
  for (const name of [
    "NVIDIA_TF32_OVERRIDE",
    "TF_DETERMINISTIC_OPS",
    "TF_FORCE_GPU_ALLOW_GROWTH",
    "CUDA_CACHE_MAXSIZE",
  ])
    vi.stubEnv(name, undefined);
  expect(gpuSettings()).toEqual({ tf32: true, deterministic: false });
  setGpuEnvironment();
  expect(gpuSettings()).toEqual({ tf32: false, deterministic: true });
  expect(process.env.TF_FORCE_GPU_ALLOW_GROWTH).toBe("true");
  vi.stubEnv("NVIDIA_TF32_OVERRIDE", "1");
  setGpuEnvironment();
  expect(gpuSettings()).toEqual({ tf32: true, deterministic: true });
});

test("a library with CUDA is known by what lies beside it", () => {
  expect(hasCuda(temporaryFolder({ "deps/nvidia/cudnn/lib/libcudnn.so.8": "" }))).toBe(true);
  expect(hasCuda(temporaryFolder({ "deps/lib/libtensorflow.so": "" }))).toBe(false);
});
