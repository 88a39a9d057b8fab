import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { CompileError } from "./compile.mjs";

/**
 * @typedef {import("./compile.mjs").Cell} Cell
 * @typedef {import("./compile.mjs").Diagnostic} Diagnostic
 * @typedef {{ ename: string, evalue: string, traceback: string[] }} ErrorContent of a Jupyter error message
 */

const root = fileURLToPath(new URL("../..", import.meta.url));
const OURS = fileURLToPath(new URL(".", import.meta.url));

const bold = (/** @type {string} */ text) => `\x1b[1m${text}\x1b[22m`;
const red = (/** @type {string} */ text) => `\x1b[31m${text}\x1b[39m`;
const dim = (/** @type {string} */ text) => `\x1b[2m${text}\x1b[22m`;

/** Why an interrupted cell ended. */
export class Interrupted extends Error {
  name = "Interrupted";

  constructor() {
    super("the cell was interrupted");
  }
}

/**
 * What a failed cell shows: name and message, the lines of the cell, and the calls in between.
 * @param {unknown} thrown
 * @param {ReadonlyMap<string, Cell>} cells by the names of their scripts
 * @param {{ name: string, source: string }} failed
 * @returns {ErrorContent}
 */
export function describeError(thrown, cells, failed) {
  if (thrown instanceof CompileError) return describeDiagnostics(thrown.diagnostics, failed);
  if (isInterrupt(thrown)) return { ename: "Interrupted", evalue: "", traceback: [bold(red("Interrupted"))] };
  if (!isError(thrown)) {
    const evalue = inspect(thrown);
    return { ename: "Thrown", evalue, traceback: [`${bold(red("Thrown"))}: ${evalue}`] };
  }
  const { name, message } = thrown;
  const frames = stackFrames(thrown, cells);
  const own = frames.find(({ cell }) => cell);
  const lines = [`${bold(red(name))}: ${message}`];
  if (own?.cell) lines.push(`\n${excerpt(own.place, own.cell.lines, own.line)}`);
  if (frames.length > 0) lines.push(dim(`\n${frames.map(({ text }) => `    at ${text}`).join("\n")}`));
  if (thrown.cause !== undefined)
    lines.push(`\nCaused by ${describeError(thrown.cause, cells, failed).traceback.join("\n")}`);
  return { ename: name, evalue: message, traceback: lines.join("\n").split("\n") };
}

/** Errors come from several realms: node's own, and jsdom's. @param {unknown} value @returns {value is Error} */
function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/** Synchronous code is ended by V8, a pending await by tslab. @param {unknown} thrown */
function isInterrupt(thrown) {
  if (!isError(thrown)) return false;
  const { code } = /** @type {NodeJS.ErrnoException} */ (thrown);
  return (
    thrown instanceof Interrupted ||
    code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ||
    thrown.message === "Interrupted asynchronously"
  );
}

/** @param {readonly Diagnostic[]} diagnostics @param {{ name: string, source: string }} failed @returns {ErrorContent} */
function describeDiagnostics(diagnostics, { name, source }) {
  const lines = source.split("\n");
  const texts = diagnostics.map(({ messageText, code, start, end, fileName }) => {
    const headline = `${bold(red(`TypeScript error ${code}`))}: ${messageText}`;
    if (fileName) return `${headline}\n${fileName}, line ${start.line + 1}`;
    const length = end.line === start.line ? Math.max(end.character - start.character, 1) : 1;
    return `${headline}\n${excerpt(name, lines, start.line + 1, { column: start.character, length })}`;
  });
  const evalue = diagnostics.map(({ messageText }) => messageText).join("\n");
  return { ename: "CompileError", evalue, traceback: texts.join("\n\n").split("\n") };
}

/**
 * Some lines of a cell, with an arrow at one of them.
 * @param {string} place
 * @param {readonly string[]} lines
 * @param {number} at from 1
 * @param {{ column: number, length: number }} [mark] what to underline, its column from 0
 */
function excerpt(place, lines, at, mark) {
  const first = Math.max(at - 2, 1);
  const shown = lines.slice(first - 1, at + 2).flatMap((text, i) => {
    const number = String(first + i);
    if (first + i !== at) return dim(`${number.padStart(7)} ${text}`);
    const line = `${red("---->".slice(number.length - 1))} ${number.padStart(1)} ${text}`;
    return mark ? [line, `${" ".repeat(8 + mark.column)}${red("^".repeat(mark.length))}`] : line;
  });
  return [`${place.replace(/^c/, "C")}, line ${at}`, ...shown].join("\n");
}

/** @typedef {{ text: string, place: string, line: number, cell?: Cell }} Frame */

/**
 * The calls that tell something: those of cells, of the library (in its sources) and of packages.
 * @param {Error} error
 * @param {ReadonlyMap<string, Cell>} cells
 * @returns {Frame[]}
 */
function stackFrames({ stack = "" }, cells) {
  /** @type {Frame[]} */
  const frames = [];
  for (const line of stack.split("\n")) {
    const match = /^ +at (?:async )?(?:(.*) \()?(.+?):(\d+):(\d+)\)?$/.exec(line);
    if (!match) continue;
    const [, caller, file, ...numbers] = match;
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    if (path.startsWith("node:") || path.startsWith(OURS) || /node_modules[/\\]@?tslab/.test(path)) continue;
    const [row, column] = numbers.map(Number);
    if (cells.get(path)?.callLine === row) continue;
    const name = caller?.replace(/^Proxy\./, ""); // tslab keeps what cells declare behind one
    const place = findPlace(path, { line: row, column }, cells);
    const where = place.cell ? `${place.place}, line ${place.line}` : `${place.place}:${place.line}`;
    frames.push({ ...place, text: name ? `${name} (${where})` : where });
  }
  return frames;
}

/** @param {string} path @param {import("./compile.mjs").Position} at @param {ReadonlyMap<string, Cell>} cells */
function findPlace(path, at, cells) {
  const cell = cells.get(path);
  if (cell) return { place: path, line: cell.lineOf(at), cell };
  const inside = path.startsWith(root) ? relative(root, path) : path;
  const [, folder, file] = /^((?:packages[/\\][^/\\]+[/\\])?)dist[/\\](.*)\.js$/.exec(inside) ?? [];
  if (file === undefined || !existsSync(`${path}.map`)) return { place: inside, line: at.line };
  const entry = new SourceMap(JSON.parse(readFileSync(`${path}.map`, "utf8"))).findEntry(at.line - 1, at.column - 1);
  if (!("originalLine" in entry)) return { place: inside, line: at.line };
  return { place: `${folder}${file}.ts`, line: entry.originalLine + 1 };
}
