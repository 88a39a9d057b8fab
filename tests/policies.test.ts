import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { packageFile } from "../lib/project.js";
import { Policy } from "../lib/training/policy.js";
import { evaluatePolicy } from "../lib/training/train.js";
import "../robots/index.js";

beforeAll(async () => {
  await useBackend();
});

type Provenance = { sha256: string; score: { mean: number; std: number } };

const EPISODES = 4;

test.each(["cartpole", "hopper", "cheetah", "ant", "go2-robust", "go2-bipedal-robust"])(
  "the policy of %s is the one that was scored, and does so again",
  (task) => {
    const file = packageFile(path.join("data/policies", `${task}.json`));
    const { sha256, score } = JSON.parse(readFileSync(file.replace(/json$/, "provenance.json"), "utf8")) as Provenance;
    expect(createHash("sha256").update(readFileSync(file)).digest("hex")).toBe(sha256);
    const policy = Policy.load(file);
    expect(policy.task).toBe(task);
    const { mean } = evaluatePolicy(policy, EPISODES, 1);
    policy.dispose();
    expect(Math.abs(mean - score.mean)).toBeLessThan(3 * Math.max(score.std, 0.01 * Math.abs(score.mean)));
  },
);
