/** The tests of the layers on the plain JavaScript backend, the last fallback. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { useBackend } from "./backend.js";

beforeAll(async () => {
  vi.stubEnv("DMO_LAB_BACKEND", "cpu");
  await useBackend();
});
afterAll(() => vi.unstubAllEnvs());

test("plain JavaScript can be forced", async () => {
  expect(await useBackend()).toMatchObject({ name: "cpu", threads: 1 });
});

await import("./layers.test.js");
