import { beforeAll, describe, expect, it } from "vitest";
import { expectClose, expectParams, reference, toParams } from "../../tests/reference.js";
import { untrained } from "../tensor/adam.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { jit } from "@dmo-lab/jit/jit";
import { valueAndGrad } from "@dmo-lab/jit/grad";
import type { Params } from "../tensor/layers.js";
import { streams } from "../tensor/random.js";
import { tf } from "@dmo-lab/jit/tf";
import type { DynamicsConfig } from "./dynamics-settings.js";
import { createDynamics, dynamicsStep } from "./learned-dynamics.js";
import { initDynamics, predict } from "./model.js";
import { RunningNormalizer } from "./normalizer.js";
import { memoryAfter, predictSequences, sequenceLoss } from "./recurrent.js";
import { transitionColumns } from "./replay-buffer.js";
import { SequenceBuffer } from "./sequence-buffer.js";

beforeAll(async () => {
  await useBackend();
});

describe("recurrent dynamics model", () => {
  const recorded = reference("dmo/dynamics_recurrent");
  const { batch: sequences, sequence: steps, lr } = recorded.config;

  /** [sequence][step][.] as rows of time-major sequences. */
  const rows = (values: number[][][]): tf.Tensor2D =>
    tf.tensor2d(
      Array.from({ length: steps * sequences }, (_, row) => values[row % sequences][Math.floor(row / sequences)]),
    );

  function recordedCase() {
    const normalizer = { mean: tf.tensor1d(recorded.normalizer.mean), variance: tf.tensor1d(recorded.normalizer.var) };
    const [obs, action, nextObs] = [recorded.obs, recorded.action, recorded.next_obs].map(rows);
    const mask = rows(recorded.mask.map((row: number[]) => row.map((flag) => [flag])));
    const batch = { obs, action, nextObs, mask, memory: tf.tensor2d(recorded.h0) };
    return { params: toParams(recorded.weights), normalizer, batch };
  }

  it("predicts the recorded distributions, all steps at once and step by step", () => {
    const { params, normalizer, batch } = recordedCase();
    const { mean, logVariance } = predictSequences(params, normalizer, batch);
    expectClose(mean, [...rows(recorded.mean).dataSync()], 1e-5);
    expectClose(logVariance, [...rows(recorded.logvar).dataSync()], 1e-5);
    let memory = [batch.memory];
    for (let k = 0; k < steps; k++) {
      const [obs, action] = [batch.obs, batch.action].map((x) => tf.slice(x, [k * sequences, 0], [sequences, -1]));
      const next = predict(params, normalizer, obs, action, memory);
      expectClose(
        next.mean,
        recorded.mean.map((sequence: number[][]) => sequence[k]),
        1e-5,
      );
      memory = [...next.memory];
    }
    expectClose(memory[0], recorded.h_final, 1e-5);
  });

  it("trains on masked sequences as recorded", () => {
    const { params, normalizer, batch } = recordedCase();
    const objective = (p: Params) => sequenceLoss(p, normalizer, batch, "residual", "gaussian");
    expectParams(valueAndGrad(objective, params).grad, recorded.grad_first_update, 1e-4);
    const update = jit("update", dynamicsStep({ prediction: "residual", loss: "gaussian" }, sequenceLoss));
    let state = untrained(params);
    const losses = [0, 1, 2].map(() => {
      const next = update(state, batch, { normalizer, rate: tf.scalar(lr) });
      state = next.state;
      return next.value.dataSync()[0];
    });
    expectClose(losses, recorded.losses_of_3_updates, 1e-5);
    expectParams(state.params, recorded.weights_after_3_updates, 1e-5);
  });

  it("starts within U(-1/sqrt(fan_in), 1/sqrt(fan_in)), the GRU's fan_in being its width", () => {
    const params = initDynamics(11, 3, [64, 64], streams(1)("dynamics"), 32);
    expect(params["gru.input.weight"].shape).toEqual([14, 96]);
    expect(params["gru.hidden.weight"].shape).toEqual([32, 96]);
    expect(params["layer0.weight"].shape).toEqual([46, 64]);
    for (const name of ["gru.input.weight", "gru.input.bias", "gru.hidden.weight", "gru.hidden.bias"]) {
      const largest = tf.max(tf.abs(params[name])).dataSync()[0];
      expect(largest).toBeLessThanOrEqual(1 / Math.sqrt(32));
      expect(largest).toBeGreaterThan(0.9 / Math.sqrt(32));
    }
  });
});

describe("sequence buffer", () => {
  const { num_envs: robots, sequence_length: steps, capacity, cases } = reference("dmo/sequence_buffer");
  const columns = transitionColumns(1, 1);
  const sizes = { memory: 1, steps };

  /** The recorded contents: obs of robot e in step t is 10 t + e, the memory before step t is t. */
  function filled(done: number[][], skip = done.map((row) => row.map(() => 0))) {
    const buffer = new SequenceBuffer(capacity, robots, columns, sizes);
    done.forEach((flags, t) => {
      const obs = flags.map((_, e) => 10 * t + e);
      const step = { obs, action: obs, nextObs: obs.map((x) => x + 10), memory: flags.map(() => t), ended: flags };
      buffer.add(step, Uint8Array.from(skip[t]));
    });
    return buffer;
  }

  /** Rows of a batch [steps * batch, 1] by sequence. */
  const bySequence = (x: tf.Tensor2D, batch: number): number[][] => {
    const values = x.dataSync();
    return Array.from({ length: batch }, (_, b) => Array.from({ length: steps }, (_, k) => values[k * batch + b]));
  };

  it.each(cases as (typeof cases)[number][])("holds the recorded sequences after $steps_added steps", (recorded) => {
    const buffer = filled(recorded.done_per_step);
    expect(buffer.size).toBe(recorded.rows_filled);
    const starts = Int32Array.from({ length: buffer.size }, (_, k) => k);
    const { obs, mask, memory } = buffer.sequences(starts);
    expect(bySequence(obs, starts.length)).toEqual(recorded.sequence_obs);
    expect(bySequence(mask, starts.length)).toEqual(recorded.mask);
    expect([...memory.dataSync()]).toEqual(recorded.stored_hidden_used_as_initial);
  });

  it("counts no step that may not be learned from, and those around it", () => {
    const none = [0, 0];
    const buffer = filled([none, none, none, none, none], [none, [1, 0], none, none, none]);
    const { mask } = buffer.sequences(Int32Array.of(0, 2, 1, 6));
    expect(bySequence(mask, 4)).toEqual([
      [1, 0, 1],
      [0, 1, 1],
      [1, 1, 1],
      [1, 0, 0],
    ]);
  });

  it("comes back from its saved rows", () => {
    const buffer = filled([
      [0, 0],
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 0],
      [0, 0],
      [1, 0],
      [0, 0],
    ]);
    const copy = new SequenceBuffer(capacity, robots, columns, sizes);
    copy.load(buffer.save());
    const [before, after] = [buffer, copy].map((b) => Object.values(b.sample(50, streams(4)("replay"))));
    before.forEach((x, i) => expect([...after[i].dataSync()]).toEqual([...x.dataSync()]));
  });
});

describe("a velocity that is not observed", () => {
  const [robots, dt] = [32, 0.3];

  /** Mean squared error of the predicted positions of point masses, pushed at random for 20 steps from x = v = 0. */
  function lossAfterFit(width: number): number {
    const config: DynamicsConfig = {
      hidden: [32, 32],
      learningRate: 3e-3,
      updates: 20,
      batch: width ? 16 : 160,
      initialUpdates: 500,
      minReplay: 0,
      replayCapacity: 10_000,
      prediction: "residual",
      loss: "squared",
      recurrent: { width, sequence: 10 },
    };
    const { dynamics, replay } = createDynamics(config, { robots, obs: 1, action: 1 }, streams(2));
    const push = streams(5)("push");
    const model = { params: dynamics.params, normalizer: new RunningNormalizer(1).tensors() };
    for (let episode = 0; episode < 8; episode++) {
      let x = new Float32Array(robots);
      let v = new Float32Array(robots);
      let memory = new Float32Array(robots * width);
      for (let t = 0; t < 20; t++) {
        const action = Float32Array.from({ length: robots }, () => push.uniform(-1, 1));
        v = v.map((speed, i) => speed + dt * action[i]);
        const next = x.map((place, i) => place + dt * v[i]);
        const ended = new Uint8Array(robots).fill(Number(t === 19));
        replay.add({ obs: x, action, nextObs: next, memory, ended }, new Uint8Array(robots));
        if (width) memory = Float32Array.from(memoryAfter(model, x, action, memory));
        x = next;
      }
    }
    dynamics.fit(model.normalizer, config.initialUpdates);
    const loss = dynamics.fit(model.normalizer, config.updates);
    dynamics.dispose();
    return loss;
  }

  it("is found in the past by a recurrent model, and by no other", () => {
    const [blind, recurrent] = [lossAfterFit(0), lossAfterFit(16)];
    expect(blind).toBeGreaterThan(0.005);
    expect(recurrent).toBeLessThan(blind / 10);
  });
});
