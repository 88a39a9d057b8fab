/** A robot out of a visitor's MJCF file. What reads it, MuJoCo's compiler, is loaded when there is one to read. */
import { InputError } from "@dmo-lab/input/errors";
import type { MjcfAnswer, MjcfQuestion } from "./mjcf-worker.js";
import type { OwnRobot } from "./own-task.js";
import { loadScript } from "./script.js";
import { textWorker } from "./text-worker.js";

/** The script beside the page's own, which holds that of a worker as a text: so it loads from a disk as well. */
const SCRIPT = (document.currentScript as HTMLScriptElement | null)?.src.replace(/[^/]*$/, "mjcf.js") ?? "mjcf.js";
declare global {
  var mjcfWorker: string | undefined;
}

/** @throws InputError of one line for a file that MuJoCo or the differentiable engine refuses */
export async function readRobot(file: File): Promise<OwnRobot> {
  const text = await file.text();
  await loadScript(SCRIPT);
  const answer = await new Promise<MjcfAnswer>((resolve) => {
    const answered = (answer: MjcfAnswer): void => {
      worker.end();
      resolve(answer);
    };
    const worker = textWorker<MjcfQuestion>(globalThis.mjcfWorker!, answered, (message) => answered({ message })); // prettier-ignore
    worker.tell({ file: file.name, text });
  });
  if ("message" in answer) throw new InputError(answer.message);
  if (answer.model.actuators.length === 0) throw new InputError(`${file.name}: a robot needs a motor to learn with.`);
  return { model: answer.model, height: heightIn(text) };
}

/** Where a root that moves freely stands in the file [m]: the model says how it moves alone. */
function heightIn(text: string): number {
  const joint = new DOMParser().parseFromString(text, "text/xml").querySelector("freejoint, joint[type=free]");
  return Number(joint?.parentElement?.getAttribute("pos")?.trim().split(/\s+/)[2] ?? 0);
}
