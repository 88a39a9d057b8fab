import { beforeAll, expect, it } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { numericsDigest } from "./numerics.js";
import { tf } from "@dmo-lab/jit/tf";

beforeAll(async () => {
  await useBackend();
});

it("the digest is the same at every call, and leaves no tensor behind", () => {
  const before = tf.memory().numTensors;
  const digest = numericsDigest();
  expect(digest).toMatch(/^[0-9a-f]{16}$/);
  expect(numericsDigest()).toBe(digest);
  expect(tf.memory().numTensors).toBe(before);
});

it("the digest tells backends apart", async () => {
  const digest = numericsDigest();
  await tf.setBackend("cpu");
  expect(numericsDigest()).not.toBe(digest);
});
