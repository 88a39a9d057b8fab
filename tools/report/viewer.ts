/** The 3D viewer as text: a page of its own, a part of a page, or a notebook cell that takes live frames. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { packageFile } from "../../lib/project.js";
import type { Task } from "../../lib/tasks/task.js";
import { frameElement, inlineJson, messageScript, page } from "./frame.js";
import { type Frame, packFrames, packLive, type Recording, withoutFrames } from "./recording.js";
import { stageOf } from "./scene.js";

/** Shows recordings where it stands in a page that also holds {@link viewerScript}, in the size that its style gives it. */
export const viewerElement = (recordings: readonly Recording[], style = ""): string =>
  `<dmo-viewer style="${style}"><script type="application/json">${inlineJson(recordings.map(packFrames))}</script></dmo-viewer>`;

/** The script of all viewers of a page, to stand after them. */
export function viewerScript(): string {
  const file = packageFile("dist/viewer/viewer.js");
  if (!existsSync(file)) throw new Error(`${file} is missing: run "npm run build".`);
  return `<script>${readFileSync(file, "utf8")}</script>`;
}

/**
 * A page that shows recordings and needs no network. With several, the user chooses.
 * @param recordings one or more; the first one is shown at first
 */
export const viewerHtml = (...recordings: readonly Recording[]): string =>
  page(
    recordings[0].title,
    "html, body { height: 100%; margin: 0; }",
    `${viewerElement(recordings, "height: 100%")}
${viewerScript()}
<script>${KEYS}</script>`,
  );

/** Where there is nothing else, the keys are the viewer's. */
const KEYS = `addEventListener("keydown", (event) => {
  if (event.target === document.body) document.querySelector("dmo-viewer").viewer.key(event);
});`;

/** The page of {@link viewerHtml} for a notebook cell, `height` CSS pixels high. */
export const viewerCell = (recordings: readonly Recording[], { height = 460 }: { height?: number } = {}): string =>
  frameElement(viewerHtml(...recordings), { id: `dmo-lab-${randomUUID()}`, height, title: "Robot" });

/** A viewer in a notebook cell that waits for frames. */
export type LiveViewer = {
  /** What the cell shows: display it as HTML, once. */
  readonly html: string;
  /**
   * Frames for it, in their order: display the result as HTML, best in place of the one before. The frame of step 0
   * starts a new episode; frames are one control step apart.
   */
  push(frames: readonly Frame[]): string;
};

/** A viewer of a task that takes live frames, such as those of `play(task, act)`. */
export function liveViewer(task: Task, { title, height = 460 }: { title?: string; height?: number } = {}): LiveViewer {
  const { scene } = stageOf(task, title);
  const id = `dmo-lab-${randomUUID()}`;
  return {
    html: frameElement(viewerHtml(withoutFrames(scene)), { id, height, title: "Robot" }),
    push(frames) {
      const { restart, frames: packed } = packLive(frames);
      return messageScript(id, { type: "dmo-lab frames", restart, ...packed });
    },
  };
}
