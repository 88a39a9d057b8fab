// The checkpoints of a run: `epoch-<epochs done>.checkpoint`, written atomically, the two newest kept, and beside them the
// rows of its logs (row-files.ts).
import * as fs from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import type { SavedState } from "./saved-state.js";
import { DamagedError, decode, encode } from "./container.js";
import { storing, writeAtomically } from "./files.js";
import { RowFiles, type SavedLog } from "./row-files.js";
import { differences } from "@dmo-lab/input/configuration";

const NAME = /^epoch-(\d+)\.checkpoint$/;
/** What is written here: checkpoints, rows, and what is left of either when the process was killed. */
const OURS = /^(epoch-\d+\.checkpoint|.+-\d+\.rows)(\.\d+\.tmp)?$/;
const KEPT = 2;

/** What the run that wrote a checkpoint and the one that goes on from it have in common. */
export type Identity = { readonly [field: string]: SavedState };

type Content = { identity: Identity; epochs: number; state: SavedState };

export class Checkpoints {
  private readonly rows: RowFiles;
  /** Whole ones, oldest first, with the rows that they need. */
  private kept: { epochs: number; logs: SavedLog[] }[] = [];

  constructor(
    private readonly directory: string,
    private readonly identity: Identity,
  ) {
    this.rows = new RowFiles(directory);
  }

  /** Epochs done at the newest one that was saved or found here. */
  get newest(): number | undefined {
    return this.kept.at(-1)?.epochs;
  }

  /** Writes the state after `epochs` epochs. @throws StorageError; the checkpoints before stay whole */
  save(epochs: number, state: SavedState): void {
    const logs: SavedLog[] = [];
    const content: Content = { identity: this.identity, epochs, state };
    storing(this.directory, () => {
      fs.mkdirSync(this.directory, { recursive: true });
      const encoded = encode(content, (log) => {
        logs.push(this.rows.append(log));
        return logs[logs.length - 1];
      });
      writeAtomically(this.file(epochs), encoded);
      this.kept = [...this.kept, { epochs, logs }].slice(-KEPT);
      this.removeOthers();
    });
  }

  /**
   * The newest whole checkpoint, and a line for each one that was passed over.
   * @throws InputError where the whole ones all were made in another way, or by another run
   */
  latest(): { found?: { epochs: number; state: SavedState }; problems: string[] } {
    const problems: string[] = [];
    let foreign = false;
    for (const epochs of this.onDisk()) {
      try {
        const { state, differs, logs } = this.read(epochs);
        if (differs.length === 0) {
          this.kept = [{ epochs, logs }];
          return { found: { epochs, state }, problems };
        }
        foreign = true;
        problems.push(`Checkpoint "${this.file(epochs)}" can't be gone on with: ${differs.join(", ")}.`);
      } catch (error) {
        if (!(error instanceof DamagedError)) throw error;
        problems.push(`Checkpoint "${this.file(epochs)}" ${error.message}.`);
      }
    }
    if (foreign) throw new InputError(problems.join(" "));
    return { problems };
  }

  private read(epochs: number): { state: SavedState; differs: string[]; logs: SavedLog[] } {
    const logs: SavedLog[] = [];
    try {
      const content = decode(fs.readFileSync(this.file(epochs)), (saved) => {
        logs.push(saved as SavedLog);
        return this.rows.open(saved);
      }) as Content;
      if (content.epochs !== epochs) throw new DamagedError(`is renamed: it was made after ${content.epochs} epochs`);
      return { state: content.state, differs: differences(content.identity, this.identity), logs };
    } catch (error) {
      if (error instanceof DamagedError) throw error;
      throw new DamagedError(`can't be read: ${(error as Error).message}`);
    }
  }

  /** Epochs of the checkpoint files that are there, newest first. */
  private onDisk(): number[] {
    if (!fs.existsSync(this.directory)) return [];
    const numbers = fs.readdirSync(this.directory).map((name) => Number(NAME.exec(name)?.[1] ?? NaN));
    return numbers.filter((epochs) => !Number.isNaN(epochs)).sort((a, b) => b - a);
  }

  /** Removes older checkpoints, those that were passed over, and what else of ours nobody needs. */
  private removeOthers(): void {
    const needed = this.kept.flatMap(({ epochs, logs }) => [this.file(epochs), ...this.rows.filesOf(logs)]);
    for (const name of fs.readdirSync(this.directory)) {
      const file = path.join(this.directory, name);
      if (OURS.test(name) && !needed.includes(file)) fs.rmSync(file);
    }
  }

  private file(epochs: number): string {
    return path.join(this.directory, `epoch-${epochs}.checkpoint`);
  }
}
