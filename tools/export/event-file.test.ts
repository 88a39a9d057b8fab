import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { tinyConfig } from "../../tests/tiny.js";
import { useBackend, type BackendInfo } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import type { RunConfig } from "../../lib/training/config.js";
import { EventFile, tagOf } from "./event-file.js";
import { allColumns, type Column } from "../../lib/training/columns.js";
import type { Row } from "../../lib/training/metrics.js";
import { RunFolder } from "../../lib/training/run-folder.js";
import { TrainingFolder } from "../../lib/training/training-folder.js";
import { runInFolder } from "../../lib/training/run.js";
import { settingsOf } from "@dmo-lab/input/configuration";

const SUBSCRIBERS = [EventFile.open];

const backend: BackendInfo = await useBackend();

it("columns are grouped by what they concern", () => {
  const columns = Object.keys(allColumns()) as Column[];
  const tags = columns.map(tagOf);
  expect(new Set(tags).size).toBe(columns.length);
  const groups = new Set(tags.map((tag) => tag.split("/")[0]));
  expect([...groups].sort()).toEqual([
    "actor",
    "critic",
    "evaluation",
    "gradient",
    "model",
    "return",
    "rollout",
    "time",
  ]);
  const examples: Column[] = ["return", "actor_loss", "kl", "critic_loss", "q_value", "model_loss", "reward_loss"];
  expect(examples.map(tagOf)).toEqual([
    ...["return", "actor/loss", "actor/kl", "critic/loss", "critic/q_value", "model/loss", "model/reward_loss"],
  ]);
  expect((["actor_seconds", "rss_bytes", "dmo_cosine", "lost_states"] as const).map(tagOf)).toEqual([
    ...["time/actor_seconds", "time/rss_bytes", "gradient/dmo_cosine", "rollout/lost_states"],
  ]);
});

describe.skipIf(backend.name !== "tensorflow")("the event file of a run (native TensorFlow only)", () => {
  it("holds the settings and every row, once, at step = samples, to float32", async () => {
    const directory = temporaryFolder();
    const config = tinyConfig("dmo", 3);
    await train(directory, config);
    const [version, restart, settings, ...rest] = readEvents(directory);
    expect(text(version, 3)).toBe("brain.Event:2");
    expect(varint(first(restart, 7), 1)).toBe(1); // a session starts, at step 0: what was known of the run is void
    expect(varint(restart, 2)).toBe(0);
    expect(hyperparameters(settings)).toEqual(
      settingsOf(config).map(([name, value]) => [name, typeof value === "number" ? value : String(value)]),
    );
    const { rows, mean } = resultOf(directory);
    const [final, end] = all(first(rest.pop()!, 5), 1);
    expect([text(final, 1), float(final)]).toEqual(["evaluation/return", Math.fround(mean)]);
    expect(text(end, 1)).toBe("_hparams_/session_end_info");
    expect(rest.map(scalarsOf)).toEqual(rows.map(expected));
    expect(rest.map((event) => varint(event, 2))).toEqual(rows.map(({ samples }) => samples));
  });

  it("says once what each scalar means", async () => {
    const directory = temporaryFolder();
    await train(directory, tinyConfig("shac", 2));
    const values = readEvents(directory).flatMap((event) => all(event.get(5) ? first(event, 5) : new Map(), 1));
    const described = values
      .filter((value) => text(value, 1) === "critic/loss")
      .map((value) => (value.get(9) ? text(first(value, 9), 3) : undefined));
    expect(described).toEqual([allColumns().critic_loss, undefined]);
  });

  it("is written anew from the rows of a run that goes on: nothing twice, nothing lost", async () => {
    const directory = temporaryFolder();
    const config = tinyConfig("dmo", 4);
    await train(directory, config, 3);
    const { folder, from } = TrainingFolder.resume(directory, config, backend, SUBSCRIBERS);
    expect(readEvents(directory).slice(3).map(scalarsOf)).toEqual(folder.rows().map(expected));
    await runInFolder(config, folder, { from: from?.state });
    expect(readEvents(directory).slice(3, -1).map(scalarsOf)).toEqual(resultOf(directory).rows.map(expected));
    for (let resumed = 0; resumed < 3; resumed++)
      TrainingFolder.resume(directory, config, backend, SUBSCRIBERS).folder.close();
    expect(readdirSync(directory).filter((name) => name.startsWith("events."))).toHaveLength(2);
  });

  it("leaves no tensors behind", () => {
    const before = tf.memory().numTensors;
    const folder = TrainingFolder.create(temporaryFolder(), tinyConfig("dmo", 1), backend, SUBSCRIBERS);
    for (let epoch = 0; epoch < 20; epoch++)
      folder.append({ epoch, samples: epoch, return: NaN, actor_loss: Infinity });
    folder.close();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("without native TensorFlow", () => {
  const native = tf.getBackend();
  beforeAll(() => tf.setBackend("cpu"));
  afterAll(() => tf.setBackend(native));

  it("there is no event file, and all else is as ever", () => {
    const directory = temporaryFolder();
    const folder = TrainingFolder.create(
      directory,
      tinyConfig("dmo", 1),
      { name: "cpu", version: "", threads: 1 },
      SUBSCRIBERS,
    );
    folder.append({ epoch: 0, samples: 64 });
    folder.close();
    expect(readdirSync(directory).sort()).toEqual(["config.json", "machine.json", "metrics.csv", "task.json"]);
    expect(folder.rows()).toEqual([{ epoch: 0, samples: 64 }]);
  });
});

async function train(directory: string, config: RunConfig, stop?: number): Promise<void> {
  const interrupt = new AbortController();
  const onRow = ({ epoch }: Row) => {
    if (epoch! + 1 === stop) interrupt.abort();
  };
  await runInFolder(config, TrainingFolder.create(directory, config, backend, SUBSCRIBERS), {
    onRow,
    signal: interrupt.signal,
  });
}

function resultOf(directory: string): { rows: Row[]; mean: number } {
  const folder = RunFolder.open(directory);
  return { rows: folder.rows(), mean: folder.evaluation()!.mean };
}

/** A row's scalars by tag. */
const expected = (row: Row): [string, number][] =>
  (Object.entries(row) as [Column, number][]).map(([column, value]) => [tagOf(column), Math.fround(value)]);

const scalarsOf = (event: Message): [string, number][] =>
  all(first(event, 5), 1).map((value) => [text(value, 1), float(value)]);

function hyperparameters(event: Message): [string, string | number][] {
  const [value] = all(first(event, 5), 1);
  expect(text(value, 1)).toBe("_hparams_/session_start_info");
  const plugin = first(first(value, 9), 1);
  expect(text(plugin, 1)).toBe("hparams");
  return all(first(first(plugin, 2), 3), 1).map((entry) => {
    const content = first(entry, 2);
    return [text(entry, 1), content.has(2) ? content.get(2)![0].readDoubleLE() : text(content, 3)];
  });
}

// TFRecords (length, its checksum, data, its checksum) and protocol buffers, read without the code that writes them.

/** A message's fields as bytes, by number. */
type Message = Map<number, Buffer[]>;

/** Of the newest event file. */
function readEvents(directory: string): Message[] {
  const names = readdirSync(directory).filter((name) => name.startsWith("events.out.tfevents."));
  const bytes = readFileSync(path.join(directory, names.sort().at(-1)!));
  const events: Message[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc(bytes.subarray(at, at + 8)));
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(data));
    events.push(parse(data));
    at += 16 + length;
  }
  return events;
}

/** CRC-32C (Castagnoli), masked as TFRecords do. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function parse(bytes: Buffer): Message {
  const message: Message = new Map();
  for (let at = 0; at < bytes.length;) {
    const [key, start] = readVarint(bytes, at);
    const [size, from] = key % 8 === 2 ? readVarint(bytes, start) : [0, start];
    const end = { 0: () => readVarint(bytes, start)[1], 1: () => start + 8, 2: () => from + size, 5: () => start + 4 };
    at = end[(key % 8) as keyof typeof end]();
    message.set(key >> 3, [...(message.get(key >> 3) ?? []), bytes.subarray(from, at)]);
  }
  return message;
}

function readVarint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    value += (byte % 128) * scale;
    if (byte < 128) return [value, at];
  }
}

const all = (message: Message, field: number): Message[] => (message.get(field) ?? []).map(parse);
const first = (message: Message, field: number): Message => parse(message.get(field)![0]);
const text = (message: Message, field: number): string => message.get(field)![0].toString();
const float = (value: Message): number => value.get(2)![0].readFloatLE();
/** A whole number; 0 where it is absent. */
const varint = (message: Message, field: number): number =>
  readVarint(message.get(field)?.[0] ?? Buffer.alloc(1), 0)[0];
