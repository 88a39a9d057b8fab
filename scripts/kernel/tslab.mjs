import { createRequire } from "node:module";

/** @typedef {import("@tslab/typescript-for-tslab")} TypeScript */

/** Resolves what tslab itself resolves: its own files and the packages that it brings along. */
export const tslabRequire = createRequire(createRequire(import.meta.url).resolve("tslab"));

const id = tslabRequire.resolve("@tslab/typescript-for-tslab");

/** @type {TypeScript} */
export const ts = tslabRequire(id);

const INLINE_MAP = /\n?\/\/# sourceMappingURL=data:application\/json;(?:charset=utf-8;)?base64,(\S+)\s*$/;

/** @type {string[]} */
let maps = [];

/** The source maps made since the last call, as JSON, in the order of the steps: TypeScript to ES module to CommonJS. */
export function takeSourceMaps() {
  const taken = maps;
  maps = [];
  return taken;
}

/**
 * tslab keeps one timer, that of the next compilation. TypeScript sets another one where a folder changes in which it has
 * looked for a module in vain, so that the next cell would fail ("Unexpected pending rebuildTimer"): that one is a real one.
 * @param {import("@tslab/typescript-for-tslab").System} system
 */
function withTimersApart(system) {
  const { setTimeout: compileLater, clearTimeout: compileNoMore } = system;
  /** @type {Set<unknown>} */
  const others = new Set();
  Object.assign(system, {
    /** @type {(callback: () => void, ms: number) => unknown} */
    setTimeout(callback, ms) {
      if (callback.name === "updateProgramWithWatchStatus") return compileLater?.(callback, ms);
      const timer = setTimeout(() => others.delete(timer) && callback(), ms);
      others.add(timer);
      return timer;
    },
    /** @type {(timer: any) => void} */
    clearTimeout(timer) {
      if (others.delete(timer)) clearTimeout(timer);
      else compileNoMore?.(timer);
    },
  });
}

// tslab has no option for source maps. It is given a TypeScript whose two entry points make them; this has to be in
// place before any file of tslab is loaded.
const cached = /** @type {NodeModule} */ (tslabRequire.cache[id]);
cached.exports = {
  ...ts,
  /** @type {(...args: any[]) => unknown} */
  createWatchCompilerHost(files, options, system, ...rest) {
    withTimersApart(system);
    const withMaps = { ...options, inlineSourceMap: true };
    return ts.createWatchCompilerHost(files, withMaps, system, .../** @type {[any]} */ (rest));
  },
  /** @type {TypeScript["transpileModule"]} */
  transpileModule(input, options) {
    const inline = INLINE_MAP.exec(input);
    if (!inline) return ts.transpileModule(input, options);
    const compilerOptions = { ...options.compilerOptions, sourceMap: true };
    const result = ts.transpileModule(input.slice(0, inline.index), { ...options, compilerOptions });
    maps.push(Buffer.from(inline[1], "base64").toString(), /** @type {string} */ (result.sourceMapText));
    return { ...result, outputText: result.outputText.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "") };
  },
};
