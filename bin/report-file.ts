import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { reportPage } from "../tools/report/page.js";
import { record } from "../tools/report/record.js";
import type { Recording } from "../tools/report/recording.js";
import { findTask } from "../lib/tasks/index.js";
import { writeAtomically } from "@dmo-lab/storage/files";
import type { EngineName } from "../lib/tasks/engines.js";
import type { Policy } from "../lib/training/policy.js";
import { RunFolder } from "../lib/training/run-folder.js";

const FIRST_LINE = "<!doctype html>";

/**
 * Writes the report of the runs in these folders. Needs a tensor backend, for an episode of each policy.
 * @throws InputError for a folder without a run, or a file in the way
 */
export function writeReport(directories: readonly string[], file: string): void {
  const names = shortNames(directories);
  const records = directories.map((directory, i) => {
    const folder = RunFolder.open(directory);
    const [config, machine, rows, evaluation] = [folder.config(), folder.machine(), folder.rows(), folder.evaluation()];
    if (rows.length === 0) throw new InputError(`run "${directory}" has no epoch yet: there is nothing to draw.`);
    const recording = folder.hasPolicy ? recordPolicy(folder.policy(), config) : undefined;
    return { name: names[i], config, machine, rows, evaluation, recording };
  });
  writePage(file, () => reportPage(records));
}

/** An episode of a policy, without noise, from the task's start; disposes the policy. */
export function recordPolicy(policy: Policy, { engine }: { engine?: EngineName } = {}, title?: string): Recording {
  try {
    policy.requireFit(findTask(policy.task));
    return record(findTask(policy.task), (obs) => policy.act(obs), { title, engine });
  } finally {
    policy.dispose();
  }
}

/** Writes an HTML page. @throws InputError where a file that is no page would be lost */
export function writePage(file: string, page: () => string): void {
  if (existsSync(file) && !isPage(file))
    throw new InputError(`--out "${file}" exists and is not an HTML page; name another file.`);
  writeAtomically(file, page());
}

/** The last parts of the folders' paths, as many as are needed to tell the folders apart. */
function shortNames(directories: readonly string[]): string[] {
  const parts = directories.map((directory) => path.resolve(directory).split(path.sep));
  const longest = Math.max(...parts.map((p) => p.length));
  for (let depth = 1; depth < longest; depth++) {
    const names = parts.map((p) => p.slice(-depth).join("/"));
    if (new Set(names).size === names.length) return names;
  }
  return [...directories];
}

/** Whether a file begins as our reports do, so that replacing it loses nothing else. */
function isPage(file: string): boolean {
  if (!statSync(file).isFile()) return false;
  const start = Buffer.alloc(FIRST_LINE.length);
  const handle = openSync(file, "r");
  readSync(handle, start);
  closeSync(handle);
  return start.toString().toLowerCase() === FIRST_LINE;
}
