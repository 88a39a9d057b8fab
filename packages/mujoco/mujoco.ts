/** MuJoCo's own compiler for MJCF and URDF files, in WebAssembly. */
import { existsSync, readFileSync } from "node:fs";
import type { MainModule, MjData, MjModel } from "mujoco-js";
import { InputError } from "@dmo-lab/input/errors";
import { onMachine, withDisk } from "./mujoco-disk.js";

/** Arrays of a model or its data, by name, which their declarations leave untyped. */
export const arrays = (of: MjModel | MjData) => of as unknown as Readonly<Record<string, Float64Array>>;

/** Its enumeration of joint types. */
export const JOINTS = ["free", "ball", "slide", "hinge"] as const;

/** from, ..., to - 1. */
export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

let loading: Promise<MainModule> | undefined;
/** What MuJoCo prints while it reads a file. */
let printed: string[] = [];

/** The MuJoCo module, loaded once (about 0.3 s). */
export function loadMujoco(): Promise<MainModule> {
  const print = (line: string) => printed.push(line);
  loading ??= import("mujoco-js").then(({ default: load }) => load({ print, printErr: print }));
  return loading;
}

/** The text of a model's file. @throws InputError where there is none */
export function readModelFile(file: string): string {
  if (!existsSync(file)) throw new InputError(`${file}: there is no such file.`);
  return readFileSync(file, "utf8");
}

/**
 * The compiled model of an MJCF or URDF file; the caller deletes it. What the file names (includes, meshes, textures, other
 * models) MuJoCo finds on this machine's disk. An {@link InputError} with one line where a file is missing or wrong.
 */
export const compileFile = (file: string): Promise<MjModel> => compileModel(readModelFile(file), file);

/** As {@link compileFile}, from text; `file` names it in errors, and its folder is where other files are looked for. */
export async function compileModel(text: string, file: string): Promise<MjModel> {
  return compile(await loadMujoco(), text, file);
}

/** As {@link compileModel}, with the MJCF that MuJoCo writes of what it has read: one file, without includes. */
export async function compileAndWrite(text: string, file: string): Promise<{ model: MjModel; mjcf: string }> {
  const mujoco = await loadMujoco();
  const model = compile(mujoco, text, file);
  const { FS } = mujoco as unknown as { FS: { readFile(at: string, how: { encoding: "utf8" }): string } };
  mujoco.mj_saveLastXML("/written.xml", model);
  return { model, mjcf: FS.readFile("/written.xml", { encoding: "utf8" }) };
}

function compile(mujoco: MainModule, text: string, file: string): MjModel {
  let model: MjModel | null;
  printed = [];
  try {
    model = withDisk(mujoco, file, text, (name) => mujoco.MjModel.loadFromXML(name));
  } catch (error) {
    throw new InputError(`${file}: ${oneLine(onMachine(messageOf(mujoco, error)))}`);
  }
  const line = printed.join().match(/Line number=(\d+)/)?.[1];
  if (!model) throw new InputError(`${file}: this is not well-formed XML${line ? ` (line ${line})` : ""}.`);
  return model;
}

/** MuJoCo throws structures that begin with their text, which the module does not decode. */
function messageOf(mujoco: MainModule, error: unknown): string {
  const { excPtr } = error as { excPtr?: number };
  if (excPtr === undefined) throw error;
  const probe = new mujoco.DoubleBuffer(1);
  const heap = new Uint8Array((probe.GetView() as Float64Array).buffer);
  probe.delete();
  return new TextDecoder().decode(heap.subarray(excPtr, heap.indexOf(0, excPtr)));
}

const oneLine = (text: string): string =>
  text
    .replace(/^(XML )?Error: /, "")
    .trim()
    .replaceAll(/\s*\n\s*/g, "; ");
