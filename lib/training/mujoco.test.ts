import { beforeAll, describe, expect, it } from "vitest";
import { build } from "../../tests/command-line.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { resolveConfig, type RunConfig } from "./config.js";
import type { Row } from "./metrics.js";
import { evaluatePolicy, Training } from "./train.js";
import "../../robots/index.js";

beforeAll(async () => {
  build(); // MuJoCo's threads run compiled code
  await useBackend();
});

const configure = (task: string, ...settings: string[]): RunConfig =>
  resolveConfig(task, "dmo", 1, [
    "engine=mujoco",
    "dynamics.minReplay=1000",
    "dynamics.initialUpdates=200",
    ...settings,
  ]);

async function run(training: Training): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of training.rows()) rows.push(row);
  return rows;
}

describe("DMO on MuJoCo, which has no gradient of its own", () => {
  it("learns on CartPole within seconds, and the score is MuJoCo's", async () => {
    const config = configure("cartpole", "epochs=30", "critic.iterations=8");
    const training = new Training(config);
    const returns = (await run(training)).map((row) => row.return!).filter(Number.isFinite); // none before the first episode's end
    expect(returns[returns.length - 1]).toBeGreaterThan(0.8 * returns[0]); // negative: a fifth of the cost is gone
    const score = (engine?: "differentiable" | "mujoco") => evaluatePolicy(training.policy(), 4, 0, { engine }).mean;
    expect(score("mujoco")).toBe(score("mujoco"));
    expect(score("mujoco")).not.toBe(score("differentiable"));
    training.dispose();
  });

  it("gives the same rows for the same seed", async () => {
    const config = configure("hopper", "epochs=2", "envs=16", "dynamics.hidden=32,32", "dynamics.updates=4");
    const runs = [];
    for (const each of [config, config, { ...config, seed: 2 }]) {
      const training = new Training(each);
      runs.push((await run(training)).map(({ actor_loss, model_loss }) => [actor_loss, model_loss]));
      training.dispose();
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
  });

  it("runs on Allegro from Ant's settings, with goals that change", async () => {
    const config = configure("allegro", "epochs=2", "envs=8", "dynamics.hidden=32,32", "dynamics.updates=4");
    expect(config).toMatchObject({ horizon: 16, epochs: 2, decayEpochs: 4000, critic: { learningRate: 2e-3 } });
    const training = new Training(config);
    for (const { actor_loss, actor_grad_norm } of await run(training))
      expect([actor_loss, actor_grad_norm].every(Number.isFinite)).toBe(true);
    training.dispose();
  });
});

describe("Go2, whose physics differs between environments", () => {
  const config = configure(
    "go2",
    ...["epochs=3", "envs=8", "horizon=8", "actor.hidden=16", "critic.hidden=16", "evaluationEpisodes=1"],
    ...["dynamics.hidden=16,16", "dynamics.recurrent.width=8", "dynamics.updates=2", "dynamics.initialUpdates=4"],
    ...["dynamics.minReplay=600", "dynamics.batch=8", "dynamics.replayCapacity=4000"],
  );
  const facts = (rows: Row[]) =>
    rows.map(({ actor_loss, model_loss, floored_rewards }) => [actor_loss, model_loss, floored_rewards]);

  it("trains an actor that sees a part, counts rewards at the floor, and goes on from a saved state bit for bit", async () => {
    const whole = new Training(config);
    const rows = facts(await run(whole));
    for (const row of rows) expect(row.every(Number.isFinite)).toBe(true);
    for (const [, , floored] of rows) expect(floored! >= 0 && floored! <= 1).toBe(true);
    expect(rows.some(([, , floored]) => floored! > 0)).toBe(true);

    const first = new Training({ ...config, epochs: 2 });
    await run(first);
    const rest = new Training(config);
    rest.load(first.save());
    expect(facts(await run(rest))).toEqual(rows.slice(2));
    for (const training of [whole, first, rest]) training.dispose();
  });
});

describe("the setting engine", () => {
  it.each([
    [
      "hopper",
      "dmo",
      "engine=mujco",
      'setting engine is "mujco"; allowed: differentiable or mujoco. Did you mean "mujoco"?',
    ],
    [
      "hopper",
      "shac",
      "engine=mujoco",
      'algorithm "shac" needs gradients of the physics, which the engine "mujoco" does not give',
    ],
    ["hopper", "bptt", "engine=mujoco", "allowed with it: dmo, dmo-bptt, dmo-sapo, imagination"],
    ["allegro", "shac", "epochs=1", 'algorithm "shac" needs gradients of the physics'],
    ["allegro", "dmo", "engine=differentiable", 'engine "differentiable" can\'t run allegro; allowed: mujoco.'],
    ["snu", "dmo", "engine=mujoco", 'engine "mujoco" can\'t run snu; allowed: differentiable.'],
  ])("%s, %s: %s is refused", (task, algorithm, setting, message) => {
    expect(() => resolveConfig(task, algorithm, 0, [setting])).toThrow(message);
  });

  it("is the task's own where nothing is said", () => {
    expect(resolveConfig("hopper", "dmo", 0).engine).toBe("differentiable");
    expect(resolveConfig("allegro", "dmo", 0).engine).toBe("mujoco");
  });
});
