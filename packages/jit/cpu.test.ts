/** The tests that hold on every backend, on plain JavaScript, the last fallback. */
import { expect, test } from "vitest";
import { useBackend } from "./backend.js";

process.env.DMO_LAB_BACKEND = "cpu";

test("plain JavaScript can be forced", async () => {
  expect(await useBackend()).toMatchObject({ name: "cpu", threads: 1 });
});

await import("../../lib/tensor/layers.test.js");
await import("./grad.test.js");
await import("../../lib/tensor/adam.test.js");
await import("./jit.test.js");
