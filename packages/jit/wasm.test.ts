/** The tests that hold on every backend, on WebAssembly; one backend per process, so they are a file of their own. */
import { expect, test, vi } from "vitest";
import { useBackend } from "./backend.js";
import { tf } from "./tf.js";

const handlers = () => ["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event));
const before = handlers();
const consoles = (["log", "info", "warn", "error"] as const).map((method) => vi.spyOn(console, method));
process.env.DMO_LAB_BACKEND = "wasm";

test("WebAssembly can be forced, and leaves the process's handlers", async () => {
  expect(await useBackend()).toEqual({ name: "wasm", version: tf.version.tfjs, threads: 1 });
  expect(tf.getBackend()).toBe("wasm");
  expect(handlers()).toEqual(before);
});

await import("../../lib/tensor/layers.test.js");
await import("./grad.test.js");
await import("../../lib/tensor/adam.test.js");
await import("./jit.test.js");

test("nothing was printed", () => {
  for (const spy of consoles) expect(spy).not.toHaveBeenCalled();
});
