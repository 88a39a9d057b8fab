import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { ReplayBuffer, transitionColumns } from "../../lib/dynamics/replay-buffer.js";
import { streams } from "../../lib/tensor/random.js";
import { RowLog, type SavedState } from "./saved-state.js";
import { Checkpoints } from "./checkpoint.js";
import { DamagedError, decode, encode } from "./container.js";
import { RowFiles, type SavedLog } from "./row-files.js";

const noRows = (): never => {
  throw new Error("there are no rows here");
};

describe("a state as a file", () => {
  const state: SavedState = {
    numbers: [0, -0, 1e-320, 0.1, NaN, Infinity, -Infinity],
    others: { text: 'ü"\n', yes: true, nothing: null, empty: {}, none: [] },
    arrays: [
      Float32Array.of(1, -0, NaN),
      Float64Array.of(0.1),
      Int32Array.of(-7),
      Uint8Array.of(255),
      new Float32Array(),
    ],
    view: new Float32Array([1, 2, 3, 4]).subarray(1, 3),
  };

  it("comes back bit for bit", () => {
    const back = decode(encode(state, noRows), noRows) as { numbers: number[] };
    expect(back).toEqual(state);
    expect(Object.is(back.numbers[1], -0)).toBe(true);
  });

  it.each([
    [
      "of another kind",
      (file: Buffer) => Buffer.from("PK" + file.toString("latin1")),
      /is not a checkpoint of DMO Lab/,
    ],
    ["empty", () => Buffer.alloc(0), /is not a checkpoint/],
    [
      "of another format",
      (file: Buffer) => Buffer.from(file.toString("latin1").replace("1", "2"), "latin1"),
      /has the format "dmo-lab checkpoint 2"; this version reads "dmo-lab checkpoint 1"/,
    ],
    ["cut in its first lines", (file: Buffer) => file.subarray(0, 40), /has a damaged beginning/],
    ["cut", (file: Buffer) => file.subarray(0, -1), /is truncated: \d+ of \d+ bytes are there/],
    ["longer", (file: Buffer) => Buffer.concat([file, Buffer.of(0)]), /does not match its checksum/],
    [
      "with a bit flipped",
      (file: Buffer) => file.map((byte, i) => byte ^ Number(i === 300)),
      /does not match its checksum/,
    ],
  ])("is refused when it is %s", (_, harm, message) => {
    const file = harm(encode(state, noRows));
    expect(() => decode(file, noRows)).toThrow(DamagedError);
    expect(() => decode(file, noRows)).toThrow(message);
  });
});

/** A buffer of rows [k, 0.1 k, k + 1] with k = 0, 1, 2, ... */
function fill(buffer: ReplayBuffer, from: number, to: number): void {
  for (let k = from; k < to; k++) buffer.add({ obs: [k], action: [0.1 * k], nextObs: [k + 1] });
}

const all = ({ first, end, read }: RowLog): Float32Array => read(first, end);

describe("the replay buffer on disk", () => {
  const [capacity, rowBytes] = [50, 12];

  it("is written in segments as it fills; what the last two states do not need can go", () => {
    const directory = temporaryFolder();
    const files = new RowFiles(directory, 10 * rowBytes);
    const buffer = new ReplayBuffer(capacity, transitionColumns(1, 1));
    const random = streams(7)("sizes");
    let added = 0;
    const kept: { saved: SavedLog; rows: Float32Array }[] = [];
    for (let k = 0; k < 60; k++) {
      const next = added + random.integer(k % 9 === 8 ? 120 : 25); // now and then more than the buffer holds
      fill(buffer, added, next);
      added = next;
      kept.push({ saved: files.append(buffer.save()), rows: all(buffer.save()) });
      if (kept.length > 2) kept.shift();
      const needed = files.filesOf(kept.map(({ saved }) => saved));
      for (const name of readdirSync(directory))
        if (!needed.includes(path.join(directory, name))) rmSync(path.join(directory, name));
      expect(readdirSync(directory).length).toBeLessThanOrEqual(2 * (capacity / 10 + 2));
      for (const { saved, rows } of kept) {
        const loaded = new ReplayBuffer(capacity, transitionColumns(1, 1));
        loaded.load(new RowFiles(directory).open(JSON.parse(JSON.stringify(saved)) as SavedState));
        expect(all(loaded.save())).toEqual(rows);
      }
    }
    expect(added).toBeGreaterThan(10 * capacity);
  });

  it("writes each row once", () => {
    const directory = temporaryFolder();
    const files = new RowFiles(directory);
    const buffer = new ReplayBuffer(capacity, transitionColumns(1, 1));
    files.append(buffer.save());
    fill(buffer, 0, 20);
    files.append(buffer.save());
    const file = path.join(directory, "replay-0.rows");
    const marked = Buffer.alloc(20 * rowBytes, 7);
    writeFileSync(file, marked);
    fill(buffer, 20, 21);
    files.append(buffer.save());
    expect(readFileSync(file)).toHaveLength(21 * rowBytes);
    expect(readFileSync(file).subarray(0, -rowBytes)).toEqual(marked);
  });

  it("goes on after the rows of the state that is loaded, whatever was written after them", () => {
    const directory = temporaryFolder();
    const buffer = new ReplayBuffer(capacity, transitionColumns(1, 1));
    const files = new RowFiles(directory, 10 * rowBytes);
    fill(buffer, 0, 13);
    const saved = files.append(buffer.save());
    fill(buffer, 13, 37);
    files.append(buffer.save());
    const unfinished = path.join(directory, "replay-10.rows"); // of which the saved state has 3 rows
    writeFileSync(unfinished, readFileSync(unfinished).fill(1, 3 * rowBytes));
    appendFileSync(path.join(directory, "replay-30.rows"), "half a row");
    const again = new RowFiles(directory, 10 * rowBytes);
    const loaded = new ReplayBuffer(capacity, transitionColumns(1, 1));
    loaded.load(again.open(saved));
    fill(loaded, 13, 37);
    const rows = all(new RowFiles(directory).open(again.append(loaded.save())));
    expect(rows).toEqual(all(buffer.save()));
  });
});

describe("checkpoints", () => {
  const identity = { version: "1", backend: { threads: 1 } };

  /** Three checkpoints of a growing buffer. */
  function three() {
    const directory = path.join(temporaryFolder(), "checkpoints");
    const checkpoints = new Checkpoints(directory, identity);
    const buffer = new ReplayBuffer(1000, transitionColumns(1, 1));
    for (const epochs of [1, 2, 3]) {
      fill(buffer, 100 * (epochs - 1), 100 * epochs);
      checkpoints.save(epochs, { value: epochs, rows: buffer.save() });
    }
    const file = (name: string) => path.join(directory, name);
    return {
      directory,
      file,
      reopened: (other: SavedState = identity) => new Checkpoints(directory, other as typeof identity),
    };
  }

  it("keep the two newest; what a killed process left goes with the next one", () => {
    const { directory, file, reopened } = three();
    expect(readdirSync(directory).sort()).toEqual(["epoch-2.checkpoint", "epoch-3.checkpoint", "replay-0.rows"]);
    for (const name of ["epoch-9.checkpoint.77.tmp", "replay-9000.rows", "notes.txt"]) writeFileSync(file(name), "x");
    const checkpoints = reopened();
    const { found, problems } = checkpoints.latest();
    expect({ problems, epochs: found!.epochs, newest: checkpoints.newest }).toEqual({ problems: [], epochs: 3, newest: 3 }); // prettier-ignore
    expect((found!.state as { value: number }).value).toBe(3);
    checkpoints.save(4, { value: 4 });
    expect(readdirSync(directory).sort()).toEqual([
      "epoch-3.checkpoint",
      "epoch-4.checkpoint",
      "notes.txt",
      "replay-0.rows",
    ]);
  });

  it("are told by their epochs, not by names or times", () => {
    const directory = temporaryFolder();
    const checkpoints = new Checkpoints(directory, identity);
    for (const epochs of [3, 2]) checkpoints.save(epochs, {});
    expect(new Checkpoints(directory, identity).latest().found!.epochs).toBe(3);
  });

  it.each([
    ["epoch-3.checkpoint", (file: string) => (rmSync(file), mkdirSync(file)), /can't be read: EISDIR/],
    ["epoch-3.checkpoint", (file: string) => writeFileSync(file, readFileSync(file).subarray(0, -1)), /is truncated/],
    [
      "epoch-3.checkpoint",
      (file: string) => renameSync(file, file.replace("epoch-3", "epoch-12")),
      /was made after 3 epochs/,
    ],
    [
      "replay-0.rows",
      (file: string) => writeFileSync(file, readFileSync(file).subarray(0, -1)),
      /needs ".*", which is truncated: 3599 of 3600/,
    ],
  ])("pass over a newest one whose %s is damaged", (name, harm, message) => {
    const { file, reopened } = three();
    harm(file(name));
    const { found, problems } = reopened().latest();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
    expect(found!.epochs).toBe(2);
    expect(all((found!.state as { rows: RowLog }).rows)).toHaveLength(600);
  });

  it("find nothing where all are damaged, and where there are none", () => {
    const { file, reopened } = three();
    writeFileSync(file("replay-0.rows"), readFileSync(file("replay-0.rows")).fill(0, 8, 9).fill(1, 8, 9));
    const { found, problems } = reopened().latest();
    expect(found).toBeUndefined();
    expect(problems).toHaveLength(2);
    expect(problems.join()).toMatch(/epoch-3.*does not match its checksum.*epoch-2.*does not match/s);
    expect(new Checkpoints(file("absent"), identity).latest()).toEqual({ problems: [] });
    expect(existsSync(file("absent"))).toBe(false);
  });

  it("are refused to who computes in another way", () => {
    const { reopened } = three();
    expect(() => reopened({ version: "2", backend: { threads: 4 } }).latest()).toThrow(
      /version is "1" there and "2" here, backend.threads is 1 there and 4 here/,
    );
  });
});
