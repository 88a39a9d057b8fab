// metrics.csv as TensorBoard reads it: an event file, written by libtensorflow's own writer. Messages are those of
// TensorFlow (event.proto, summary.proto) and of TensorBoard's HParams plugin (plugin_data.proto).
import * as fs from "node:fs";
import path from "node:path";
import { StorageError } from "@dmo-lab/input/errors";
import type { Attribute } from "@dmo-lab/jit/graph";
import { tf } from "@dmo-lab/jit/tf";
import type { RunConfig } from "../../lib/training/config.js";
import type { Evaluation } from "../../lib/training/evaluate.js";
import { type Column, columnsOf } from "../../lib/training/columns.js";
import type { Row } from "../../lib/training/metrics.js";
import type { Columns } from "../../lib/algorithms/learner.js";
import type { RowReader, Subscribe } from "../../lib/training/training-folder.js";
import { double, field, float, message } from "./protobuf.js";
import { settingsOf } from "@dmo-lab/input/configuration";

/** Whether a file is one, by its name. */
export const isEventFile = (file: string): boolean => /^events\.out\.tfevents\./.test(path.basename(file));

/** Where TensorBoard shows a column; the first that matches. What is left concerns the actor. */
const GROUPS: readonly [string, RegExp][] = [
  ["time", /^(epoch|samples)$|_(seconds|per_second|bytes)$/],
  ["critic", /^critic_|^q_value$/],
  ["model", /^(model|reward)_loss$|^outliers$/],
  ["gradient", /^(true|dmo|imagination)_/],
  ["evaluation", /^deterministic_return$/],
  ["rollout", /^(floored_rewards|lost_states)$/],
];

/** The name of a column in TensorBoard, such as "critic/loss" of critic_loss; "return" stands alone. */
export function tagOf(column: string): string {
  if (column === "return") return column;
  const group = GROUPS.find(([, columns]) => columns.test(column))?.[0] ?? "actor";
  return `${group}/${column.startsWith(`${group}_`) ? column.slice(group.length + 1) : column}`;
}

/**
 * The event file in a run's folder: hyperparameters, then every row of metrics.csv as scalars at step = samples. A run
 * that goes on gets a new one from its rows, so what is in it never depends on how the run was stopped. Its first event
 * tells TensorBoard to forget what it read before. The newest of the old files stays: a TensorBoard that is open stands
 * there and would not find the new one without it. Times are the run's own, without pauses.
 */
export class EventFile implements RowReader {
  private readonly described = new Set<string>();
  private step = 0;
  private seconds = 0;

  private constructor(
    private readonly writer: Writer,
    private readonly started: number,
    private readonly meanings: Columns,
  ) {}

  /** Begins the event file of a run anew; without native TensorFlow, there is no writer. @throws StorageError */
  static readonly open: Subscribe = (directory, { config, started, rows }) => {
    const names = fs.readdirSync(directory).filter(isEventFile);
    for (const name of names.sort().slice(0, -1)) fs.rmSync(path.join(directory, name));
    if (tf.getBackend() !== "tensorflow") return undefined;
    const events = new EventFile(new Writer(directory), Date.parse(started) / 1000, columnsOf(config.algorithm));
    const restart = field(7, message(field(1, SESSION_START)));
    events.write(restart);
    events.write(summary(sessionStart(config, events.started)));
    for (const row of rows) events.append(row);
    return events;
  };

  /** @throws StorageError */
  append(row: Row): void {
    const columns = (Object.keys(this.meanings) as Column[]).filter((column) => !Number.isNaN(row[column] ?? NaN));
    this.step = row.samples ?? this.step;
    this.seconds = row.wall_seconds ?? this.seconds;
    this.write(
      summary(
        ...columns.map((column) => {
          const description = this.described.has(column) ? undefined : this.meanings[column];
          this.described.add(column);
          return scalar(tagOf(column), row[column]!, description);
        }),
      ),
    );
  }

  /** The run is finished. @throws StorageError */
  finish({ mean }: Evaluation): void {
    const description = "final score: mean return of the deterministic policy";
    this.write(summary(scalar("evaluation/return", mean, description), sessionEnd(this.started + this.seconds)));
  }

  /** Every event is in the file at once: a run that is killed loses none. */
  private write(content: Buffer): void {
    this.writer.write(message(double(1, this.started + this.seconds), field(2, this.step), content));
  }

  close(): void {
    this.writer.close();
  }
}

const SESSION_START = 1;
const summary = (...values: Buffer[]): Buffer => field(5, message(...values.map((value) => field(1, value))));

const DATA_CLASS_SCALAR = 1;
function scalar(tag: string, value: number, description?: string): Buffer {
  if (!description) return message(field(1, tag), float(2, value));
  const metadata = message(plugin("scalars"), field(3, description), field(4, DATA_CLASS_SCALAR));
  return message(field(1, tag), float(2, value), field(9, metadata));
}

const plugin = (name: string, content: Buffer = message()): Buffer =>
  field(1, message(field(1, name), field(2, content)));

/** What the HParams plugin reads; the value beside it is not looked at. */
function hparams(name: string, content: Buffer): Buffer {
  const [DT_FLOAT, zero] = [field(1, 1), float(5, 0)];
  const tensor = message(DT_FLOAT, field(2, message()), zero);
  return message(field(1, `_hparams_/${name}`), field(8, tensor), field(9, plugin("hparams", content)));
}

/** Every setting: numbers as such, all else as text. */
function sessionStart(config: RunConfig, started: number): Buffer {
  const settings = settingsOf(config).map(([path, value]) => {
    const content = typeof value === "number" ? double(2, value) : field(3, String(value));
    return field(1, message(field(1, path), field(2, content)));
  });
  return hparams("session_start_info", field(3, message(...settings, double(5, started))));
}

function sessionEnd(at: number): Buffer {
  const SUCCESS = 1;
  return hparams("session_end_info", field(4, message(field(1, SUCCESS), double(2, at))));
}

/** TFJS's own access to ops. */
type Native = {
  executeSingleOutput(op: string, attributes: Attribute[], inputs: tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(op: string, attributes: Attribute[], inputs: tf.Tensor[], outputs: 0): void;
};
const STRING_ATTRIBUTE = 0;

/** libtensorflow's writer of event files. */
class Writer {
  private readonly resource: tf.Tensor;

  constructor(private readonly directory: string) {
    const suffix = `.${Date.now()}`; // TensorBoard reads files in the order of their names
    const attributes = Object.entries({ shared_name: directory + suffix, container: "" });
    const native = tf.backend() as unknown as Native;
    const text = attributes.map(([name, value]) => ({ name, type: STRING_ATTRIBUTE, value }));
    this.resource = tf.keep(native.executeSingleOutput("SummaryWriter", text, []));
    const [QUEUE, MILLISECONDS] = [0, 0]; // writes at once
    this.run("CreateSummaryFileWriter", () => [
      tf.scalar(directory, "string"),
      tf.scalar(QUEUE, "int32"),
      tf.scalar(MILLISECONDS, "int32"),
      tf.scalar(suffix, "string"),
    ]);
  }

  write(event: Buffer): void {
    this.run("ImportEvent", () => [tf.scalar(new Uint8Array(event), "string")]);
  }

  close(): void {
    this.run("CloseSummaryWriter", () => []);
    this.resource.dispose();
  }

  private run(op: string, inputs: () => tf.Tensor[]): void {
    const native = tf.backend() as unknown as Native;
    try {
      tf.tidy(() => native.executeMultipleOutputs(op, [], [this.resource, ...inputs()], 0));
    } catch (error) {
      const why = (error as Error).message.replace(/\s*\n\s*/g, " ");
      throw new StorageError(`the event file in "${this.directory}" can't be written (${why}).`, { cause: error });
    }
  }
}
