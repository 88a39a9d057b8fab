/** A recorded episode as a video, drawn by the 3D viewer in a browser without a window. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { InputError } from "@dmo-lab/input/errors";
import { packageFile } from "../../lib/project.js";
import { BROWSERS, chromium, launchBrowser } from "./browser.js";
import type { Recording } from "./recording.js";
import { viewerHtml } from "./viewer.js";

/** What a video's name may end with. */
export const videoEndings = ["mp4", "webm"] as const;
const [WIDTH, HEIGHT, RATE] = [640, 360, 25];

/** @throws InputError where this machine has no browser, or the name has another ending */
export function checkVideo(file: string): void {
  const allowed = videoEndings.map((ending) => `.${ending}`);
  if (!allowed.includes(path.extname(file)))
    throw new InputError(`--video is "${file}"; allowed: a file named ${allowed.join(" or ")}.`);
  if (!chromium) throw new InputError(`--video needs a browser, and there is none here: ${BROWSERS.join(", ")}.`);
}

/** The content of a video file with one of {@link videoEndings}. */
export async function videoOf(recording: Recording, ending: string): Promise<Buffer> {
  const folder = mkdtempSync(path.join(tmpdir(), "dmo-lab-"));
  const browser = await launchBrowser();
  try {
    const page = path.join(folder, "page.html"); // a browser encodes videos for files, not for nameless pages
    writeFileSync(page, viewerHtml(recording));
    return await filmed(browser, page, ending);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

async function filmed(browser: Browser, file: string, ending: string): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 960, height: 540 }, reducedMotion: "reduce" });
  page.setDefaultTimeout(600_000); // pictures are drawn without a graphics card
  await page.goto(pathToFileURL(file).href);
  await page.addScriptTag({ content: await script() });
  const film = { ending, width: WIDTH, height: HEIGHT, rate: RATE };
  const url = (await page.evaluate(`film(${JSON.stringify(film)})`)) as string;
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

async function script(): Promise<string> {
  const entryPoints = [packageFile("viewer/film.ts")];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: "iife", logLevel: "silent" });
  return outputFiles[0].text;
}
