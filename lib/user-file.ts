/** Files of users: tasks, algorithms and studies, written in JavaScript or TypeScript. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { InputError } from "@dmo-lab/input/errors";
import { packageFile } from "./project.js";

export const isUserFile = (name: string): boolean => /\.m?[jt]s$/.test(name);

/** What a user's task or algorithm is called: a name as it is, a file without folder and ending. */
export const labelOf = (name: string): string => (isUserFile(name) ? path.parse(name).name : name);

/**
 * Runs a user's file. @returns its default export
 * @param what it is, such as "task file", for errors
 * @throws InputError where there is no such file, or TypeScript finds a slip in its syntax
 */
export async function importUserFile(what: string, name: string): Promise<unknown> {
  const file = path.resolve(name);
  if (!existsSync(file)) throw new InputError(`${what} "${name}": there is no such file.`);
  findThisLibrary();
  const load = async (file: string) => {
    try {
      return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
    } catch (error) {
      throw userError(error, what, name, file);
    }
  };
  if (!file.endsWith("ts")) return load(file);
  // beside the original, where its imports find what they name
  const compiled = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.mjs`);
  const text = await javascriptOf(what, name, readFileSync(file, "utf8"));
  try {
    writeFileSync(compiled, text);
  } catch (error) {
    throw new InputError(`${what} "${name}" is compiled beside itself, which fails: ${(error as Error).message}.`);
  }
  try {
    return await load(compiled);
  } finally {
    rmSync(compiled, { force: true });
  }
}

let found = false;

/** From now on files import this library as "dmo-lab" wherever they are, also where no node_modules above them has it. */
function findThisLibrary(): void {
  if (found) return;
  found = true;
  const library = JSON.stringify(pathToFileURL(packageFile("dist/api/index.js")).href);
  const hooks = `export const resolve = (name, context, next) =>
    name === "dmo-lab" ? { url: ${library}, shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

/** What went wrong while a user's file ran, as one line with the line of the file where it did, if it is known. */
function userError(error: unknown, what: string, name: string, file: string): InputError {
  const { message = String(error), stack = "" } = error as Partial<Error>;
  const [, after] = stack.split(`${pathToFileURL(file).href}:`);
  const where = after === undefined ? "" : `, line ${parseInt(after)}`;
  return new InputError(`${what} "${name}"${where}: ${message.split("\n")[0]}`, { cause: error });
}

/** TypeScript without its types, which are not checked: an editor does that. */
async function javascriptOf(what: string, name: string, source: string): Promise<string> {
  const { default: ts } = await import("typescript");
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const options = { fileName: name, reportDiagnostics: true, compilerOptions };
  const { outputText, diagnostics = [] } = ts.transpileModule(source, options);
  for (const { messageText, file, start } of diagnostics) {
    const line = file && start !== undefined ? `, line ${file.getLineAndCharacterOfPosition(start).line + 1}` : "";
    throw new InputError(`${what} "${name}"${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
  }
  return outputText;
}
