/** Where native TensorFlow does not load; a file of its own, because a process has one backend. */
import { expect, test, vi } from "vitest";
import { useBackend } from "./backend.js";
import { opsAtATime } from "./parts.js";

vi.mock("node:module", async (original) => {
  const module = await original<typeof import("node:module")>();
  const createRequire = (url: string) => {
    const require = module.createRequire(url);
    const broken = (id: string): unknown => {
      if (id === "@tensorflow/tfjs-node") throw new Error("libtensorflow.so.2: cannot open\nRequire stack: ...");
      return require(id);
    };
    return Object.assign(broken, { resolve: require.resolve });
  };
  return Object.assign({}, module, { createRequire });
});

test("forcing it is refused with the reason, and otherwise WebAssembly computes, an op at a time, and says why", async () => {
  vi.stubEnv("DMO_LAB_THREADS", "2");
  await expect(useBackend("tensorflow")).rejects.toThrow(
    'backend "tensorflow" does not load here (tensorflow: libtensorflow.so.2: cannot open).',
  );
  const info = await useBackend();
  expect(info).toMatchObject({ name: "wasm", threads: 1, reason: "tensorflow: libtensorflow.so.2: cannot open" });
  expect(opsAtATime(1)).toBe(1);
});
