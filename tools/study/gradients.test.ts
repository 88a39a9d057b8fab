import { useBackend } from "@dmo-lab/jit/backend";
import { beforeAll, expect, test } from "vitest";
import { tinyConfig } from "../../tests/tiny.js";
import { gradientsCsv, gradientsOfRecipe, type RecipeQuality } from "./gradients.js";

beforeAll(async () => {
  await useBackend();
});

test("a recipe is compared at every horizon, every so many epochs, with what its fit has cost", async () => {
  const config = tinyConfig("dmo", 4, "backward=simulator", "dynamics.gradientEvery=2");
  const rows: RecipeQuality[] = [];
  for await (const moment of gradientsOfRecipe(config, [1, 3], 2)) rows.push(...moment);
  const places = rows.map(({ epochs, horizon, repeat }) => [epochs, horizon, repeat]);
  expect(places).toEqual([2, 4].flatMap((e) => [1, 3].flatMap((h) => [0, 1].map((r) => [e, h, r]))));
  const weights = (5 + 1) * 16 + 16 * 16 + 16 * 10; // CartPole: 5 observed, 1 action, mean and log-variance
  const updates = [5 + 3, 5 + 3 * 3]; // the first epoch's, then 3 an epoch, of 32 transitions
  expect([rows[0].gflop, rows[4].gflop]).toEqual(updates.map((count) => (6 * weights * count * 32) / 1e9));
  const [header, first] = gradientsCsv(rows, ({ gflop }) => ({ gflop })).split("\n");
  expect(header.split(",").slice(0, 6)).toEqual(["gflop", "epochs", "horizon", "repeat", "true_gradient_norm", "dmo_cosine"]); // prettier-ignore
  expect(first.split(",").map(Number).slice(0, 4)).toEqual([rows[0].gflop, 2, 1, 0]);
});

test("a run that is no recipe is refused", async () => {
  const next = (...settings: Parameters<typeof tinyConfig>) =>
    gradientsOfRecipe(tinyConfig(...settings), [1], 1).next();
  await expect(next("dmo", 2)).rejects.toThrow(
    "setting dynamics.gradientEvery is absent; allowed: a whole number from 1.",
  );
  await expect(next("shac", 2)).rejects.toThrow("shac has no learned model whose gradient could be compared.");
});
