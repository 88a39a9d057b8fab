import { afterEach, expect, test, vi } from "vitest";
import { useBackend } from "./backend.js";
import { tf } from "./tf.js";

afterEach(() => vi.unstubAllEnvs());

test("the best backend that loads is selected once, and says why it is not native", async () => {
  const info = await useBackend();
  expect(await useBackend()).toEqual(info);
  expect(await useBackend(info.name)).toEqual(info);
  expect(tf.getBackend()).toBe(info.name);
  expect(info.threads).toBeGreaterThan(0);
  expect(info.version).toMatch(/^\d+\.\d+\.\d+/);
  if (info.name === "tensorflow") expect(info.reason).toBeUndefined();
  else expect(info.reason).toMatch(/^tensorflow: /);
});

test("a second, different backend is refused", async () => {
  const { name } = await useBackend();
  const other = name === "cpu" ? "wasm" : "cpu";
  await expect(useBackend(other)).rejects.toThrow(`backend "${other}" cannot be selected: this process already`);
});

test("unknown names and thread counts are refused with the field and the choices", async () => {
  await expect(useBackend("tensorflw" as "cpu")).rejects.toThrow(
    'backend "tensorflw" is unknown. Did you mean "tensorflow"? Allowed: tensorflow, wasm, cpu.',
  );
  vi.stubEnv("DMO_LAB_BACKEND", "gpu");
  await expect(useBackend()).rejects.toThrow('DMO_LAB_BACKEND "gpu" is unknown.');
  vi.stubEnv("DMO_LAB_BACKEND", "");
  vi.stubEnv("DMO_LAB_THREADS", "many");
  vi.resetModules();
  const first = await import("./backend.js");
  await expect(first.useBackend()).rejects.toThrow('DMO_LAB_THREADS "many" is not a number of threads');
});
