/** Files of users: tasks, algorithms and studies, written in JavaScript or TypeScript. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { InputError } from "./errors.js";

/** A library that files of users may import by its name, wherever they are. */
export type Library = { readonly name: string; readonly file: string };

/**
 * Runs a user's file. @returns its default export
 * @param what it is, such as "task file", for errors
 * @throws InputError where there is no such file, or TypeScript finds a slip in its syntax
 */
export async function importUserFile(what: string, name: string, library: Library): Promise<unknown> {
  const file = path.resolve(name);
  if (!existsSync(file)) throw new InputError(`${what} "${name}": there is no such file.`);
  provide(library);
  const load = async (file: string) => {
    try {
      return await ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
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

const provided = new Set<string>();

/** From now on files import the library by its name, also where no node_modules above them has it. */
function provide({ name, file }: Library): void {
  if (provided.has(name)) return;
  provided.add(name);
  const [library, url] = [name, pathToFileURL(file).href].map((text) => JSON.stringify(text));
  const hooks = `export const resolve = (name, context, next) =>
    name === ${library} ? { url: ${url}, shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

/** What went wrong while a user's file ran, as one line with the line of the file where it did, if it is known. */
function userError(error: unknown, what: string, name: string, file: string): InputError {
  const { message = String(error), stack = "" } = (error ?? {}) as Partial<Error>; // anything can be thrown
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
