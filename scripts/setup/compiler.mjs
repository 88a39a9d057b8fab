import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { BINDING, LIBRARIES } from "./binding.mjs";
import { say, secondsSince } from "./log.mjs";
import { errorLine, run } from "./process.mjs";

/** @returns {Promise<string | undefined>} a C++ compiler's command */
export async function findCompiler() {
  for (const command of [process.env.CXX, "g++", "c++", "clang++"]) {
    if (command && (await run(command, ["--version"])).code === 0) return command;
  }
  return undefined;
}

/**
 * Compiles tfjs-node's binding against the libtensorflow and the headers in deps/ of the same folder. The headers of
 * Node's C interface come from npm, so that neither node-gyp nor another download is needed.
 * @param {string} compiler
 * @param {string} stage a copy of the package with deps/
 * @param {string} modules the node_modules folder with node-api-headers
 * @returns {Promise<string | undefined>} what went wrong
 */
export async function compileBinding(compiler, stage, modules) {
  const start = performance.now();
  say(`Compiling the TensorFlow binding with ${compiler} (about 10 s)`);
  mkdirSync(join(stage, dirname(BINDING)), { recursive: true });
  const sources = readdirSync(join(stage, "binding")).filter((name) => name.endsWith(".cc"));
  const includes = [join(modules, "node-api-headers", "include"), "deps/include"];
  const result = await run(
    compiler,
    [
      ...["-O2", "-std=c++17", "-fPIC", "-shared", "-w", "-DNAPI_VERSION=8"],
      ...includes.map((folder) => `-I${folder}`),
      ...sources.map((name) => join("binding", name)),
      ...[`-L${LIBRARIES}`, "-ltensorflow", "-ltensorflow_framework", "-Wl,-rpath,$ORIGIN/../../deps/lib"],
      ...["-o", BINDING],
    ],
    { cwd: stage },
  );
  if (result.code !== 0) return `compiling the binding: ${errorLine(result)}`;
  say(`Binding compiled in ${secondsSince(start)}`);
  return undefined;
}
