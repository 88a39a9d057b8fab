/** The tests of the layers, on the WebAssembly backend; one backend per process, so they are a file of their own. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { useBackend } from "./backend.js";
import { tf } from "./tf.js";

const events = ["uncaughtException", "unhandledRejection"] as const;
const handlers = () => events.map((event) => process.listenerCount(event));
const before = handlers();
const consoles = (["log", "info", "warn", "error"] as const).map((method) => vi.spyOn(console, method));

beforeAll(async () => {
  vi.stubEnv("DMO_LAB_BACKEND", "wasm");
  await useBackend();
});
afterAll(() => vi.unstubAllEnvs());

test("WebAssembly can be forced, and leaves the process's handlers", async () => {
  expect(await useBackend()).toEqual({ name: "wasm", version: tf.version.tfjs, threads: 1 });
  expect(tf.getBackend()).toBe("wasm");
  expect(handlers()).toEqual(before);
});

await import("./layers.test.js");

test("nothing was printed", () => {
  for (const spy of consoles) expect(spy).not.toHaveBeenCalled();
});
