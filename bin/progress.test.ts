import { expect, test } from "vitest";
import type { Row } from "../lib/training/metrics.js";
import { Progress } from "./progress.js";

/** What is written of 30 epochs, the first of 5 s, the others of 1 s. */
function shown(terminal: Partial<NodeJS.WriteStream>): string {
  let text = "";
  const out = { ...terminal, write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream;
  const progress = new Progress(30, out);
  for (let epoch = 0; epoch < 30; epoch++) {
    const row: Row = { epoch, samples: 4096 * (epoch + 1), wall_seconds: 5 + epoch, samples_per_second: 4096 };
    progress.show(epoch < 2 ? row : { ...row, return: 1234.56 });
  }
  progress.end();
  return text;
}

test("elsewhere than in a terminal: the first line, one every ten seconds, the last", () => {
  expect(shown({}).split("\n")).toEqual([
    "epoch  1/30 | 4,096 samples | return - | 4,096 samples/s | time left -",
    "epoch 11/30 | 45,056 samples | return 1,234.6 | 4,096 samples/s | 19 s left",
    "epoch 21/30 | 86,016 samples | return 1,234.6 | 4,096 samples/s | 9 s left",
    "epoch 30/30 | 122,880 samples | return 1,234.6 | 4,096 samples/s | done in 34 s",
    "",
  ]);
});

test("in a terminal: one line that rewrites itself and never wraps", () => {
  const lines = shown({ isTTY: true, columns: 40 }).split("\r\x1b[K").slice(1);
  expect(lines).toHaveLength(30);
  expect(lines.every((line) => line.trimEnd().length < 40)).toBe(true);
  expect(lines[29].endsWith("\n")).toBe(true);
});
