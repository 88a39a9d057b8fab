import { SourceMap } from "node:module";
import vm from "node:vm";
import { takeSourceMaps, ts, tslabRequire } from "./tslab.mjs";

/**
 * @typedef {import("tslab/dist/converter.js").Converter} Converter
 * @typedef {import("tslab/dist/converter.js").Diagnostic} Diagnostic
 * @typedef {{ line: number, column: number }} Position both from 1
 */

/** @type {typeof import("tslab/dist/converter.js")} */
const { createConverter } = tslabRequire("./converter.js");

/** The cell is no TypeScript that could run; nothing of it was executed. */
export class CompileError extends Error {
  name = "CompileError";

  /** @param {readonly Diagnostic[]} diagnostics */
  constructor(diagnostics) {
    super(diagnostics.map(({ messageText }) => messageText).join("\n"));
    this.diagnostics = diagnostics;
  }
}

/** A cell that was executed: its source, and where a position of the compiled script comes from. */
export class Cell {
  /** The line of the script, from 1, in which tslab calls what it has compiled: no line of the cell. */
  callLine = NaN;

  /** @param {string} source @param {readonly SourceMap[]} maps from the script back to the source, in that order */
  constructor(source, maps) {
    this.lines = source.split("\n");
    this.maps = maps;
  }

  /** @param {Position} script @returns {number} the line of the cell, from 1 */
  lineOf({ line, column }) {
    let at = { line: line - 1, column: column - 1 };
    for (const map of this.maps) {
      const entry = map.findEntry(at.line, at.column);
      if ("originalLine" in entry) at = { line: entry.originalLine, column: entry.originalColumn };
    }
    // tslab compiles the cell below a line of its own, so that counting from 0 has become counting from 1.
    return Math.min(Math.max(at.line, 1), this.lines.length);
  }
}

/**
 * tslab's compiler, which here also remembers the cells for stack traces, and what a cell declared that was interrupted
 * or failed: the rows of a training that was stopped, for example.
 */
export class Compiler {
  /** @type {Map<string, Cell>} the cells by the names of their scripts */
  cells = new Map();
  scriptName = "cell";
  declarations = "";
  converter = createConverter();
  /** @type {Converter} */
  node = {
    ...this.converter,
    convert: (_, source) => this.convert(source),
    inspect: (_, source, position) => this.converter.inspect(this.declarations, source, position),
    complete: (_, source, position) => this.converter.complete(this.declarations, source, position),
  };

  constructor() {
    nameScripts((code) => {
      const cell = this.cells.get(this.scriptName);
      if (cell) cell.callLine = code.split("\n").length;
      return this.scriptName;
    });
  }

  /** @param {string} name of the cell that comes next, as stack traces show it */
  begin(name) {
    this.scriptName = name;
  }

  /** @param {string} source */
  convert(source) {
    let result = this.converter.convert(this.declarations, source);
    if (result.diagnostics.length > 0) throw new CompileError(result.diagnostics);
    const mended = mend(source);
    if (mended !== source) result = this.converter.convert(this.declarations, mended);
    // Other modules that the cell imports come before its own.
    const maps = takeSourceMaps().slice(-2);
    const parsed = maps.map((map) => new SourceMap(JSON.parse(map))).reverse();
    this.cells.set(this.scriptName, new Cell(source, parsed));
    this.declarations = result.declOutput ?? "";
    return result;
  }

  close() {
    this.converter.close();
  }
}

/**
 * What tslab gets wrong, in other words: it tells by an await that a cell is asynchronous, not by a "for await" alone, and
 * it does not find a variable of an earlier cell in { name }. The lines stay as they are.
 * @param {string} source
 */
function mend(source) {
  /** @type {number[]} */
  const shorthands = [];
  let loops = false;
  /** @type {(node: import("@tslab/typescript-for-tslab").Node, inFunction: boolean) => void} */
  const visit = (node, inFunction) => {
    if (ts.isForOfStatement(node) && node.awaitModifier && !inFunction) loops = true;
    if (ts.isShorthandPropertyAssignment(node) && !node.objectAssignmentInitializer) shorthands.push(node.name.end);
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node)));
  };
  visit(ts.createSourceFile("cell.ts", source, ts.ScriptTarget.Latest), false);
  const named = shorthands.reduceRight((text, end) => {
    const name = /[\w$]+$/.exec(text.slice(0, end))?.[0] ?? "";
    return `${text.slice(0, end)}: ${name}${text.slice(end)}`;
  }, source);
  return loops ? `await null; ${named}` : named;
}

/**
 * Gives the scripts that tslab runs the names of their cells.
 * @param {(code: string) => string} nameOf
 */
function nameScripts(nameOf) {
  const run = vm.runInThisContext;
  vm.runInThisContext = (code, options) => {
    const ofCell = typeof options === "object" && options.breakOnSigint;
    return run(code, ofCell ? { filename: nameOf(code), ...options } : options);
  };
}
