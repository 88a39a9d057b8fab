// Names in robots, tasks, settings and tables come from other people: they are text wherever they are shown, in a real browser.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "@dmo-lab/jit/backend";
import { tf } from "@dmo-lab/jit/tf";
import { readModel } from "@dmo-lab/mujoco/mjcf";
import type { DisplayData, MimeBundle } from "../lib/kernel.js";
import { describeError } from "../scripts/kernel/traceback.mjs";
import { withLock } from "../scripts/setup/lock.mjs";
import { run as program } from "../scripts/setup/process.mjs";
import { ensurePython } from "../scripts/setup/python.mjs";
import { SetupError } from "../scripts/setup/errors.mjs";
import { ensureViewer } from "../scripts/setup/viewer.mjs";
import { defineTask } from "../lib/tasks/define-task.js";
import { resolveConfig } from "../lib/training/config.js";
import { showFigure } from "../tools/notebook/display.js";
import { liveFigure, showReplay } from "../tools/notebook/figure.js";
import { dataFrame, showTable } from "../tools/notebook/table.js";
import { learningCurves } from "../tools/report/figures.js";
import { inlineJson, plotlyScript } from "../tools/report/frame.js";
import { reportPage } from "../tools/report/page.js";
import { record } from "../tools/report/record.js";
import { packFrames, type Recording } from "../tools/report/recording.js";
import { viewerHtml } from "../tools/report/viewer.js";
import { compare } from "../tools/study/compare.js";
import { comparisonPage } from "../tools/study/compare-page.js";
import { readCurves } from "../tools/study/curves.js";
import { chromium, launchBrowser, NO_CHROMIUM, openFile } from "./browser.js";
import { temporaryFolder } from "./temporary.js";

/** Without "/", so that it may be a folder's name. */
const IMAGE = "<img src=x onerror=window.ran=1>";
const NAME = `</script><script>window.ran=1</script>${IMAGE}<a href="javascript:window.ran=1">'&amp;</a>`;
const XML = NAME.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const rows = Array.from({ length: 10 }, (_, epoch) => ({
  epoch,
  samples: 100 * (epoch + 1),
  return: epoch,
  wall_seconds: epoch,
  model_loss: -epoch,
  actor_grad_norm: 1,
  critic_loss: 1,
}));

async function recorded(): Promise<Recording> {
  const folder = temporaryFolder({
    "robot.xml": `<mujoco model="${XML}"><worldbody><body name="${XML}"><joint name="j${XML}" damping="1"/>
<geom name="g${XML}" type="cylinder" size=".1 .2" contype="0" conaffinity="0"/></body></worldbody><actuator><motor name="${XML}" joint="j${XML}" gear="2" ctrlrange="-1 1"/></actuator></mujoco>`,
  });
  const model = await readModel(join(folder, "robot.xml"), { timeStep: 1 / 60 });
  const task = defineTask({
    name: NAME,
    model,
    episodeLength: 5,
    observation: [{ name: NAME, size: 2, unit: NAME }],
    observe: ({ q, qd }) => [...q, ...qd],
    rewardTerms: { [NAME]: { weight: 1, term: (obs) => tf.sum(obs, 1) } },
    ends: { [NAME]: (obs) => tf.greater(tf.sum(obs, 1), 1e9) },
    measures: [{ name: NAME, unit: NAME, of: (obs) => tf.sum(obs, 1) }],
    start: () => ({ q: [0], qd: [0] }),
    reset: () => ({ q: [0], qd: [0] }),
  });
  return record(task, () => Float32Array.of(1), { title: NAME });
}

const machine = {
  started: "2030-01-02T03:04:05.678Z",
  versions: { "dmo-lab": NAME, node: NAME },
  backend: { name: "wasm", version: NAME, threads: 1 },
  numerics: NAME,
  platform: NAME,
  cpu: NAME,
  cores: 2,
  memory_bytes: 1,
} as const;

const config = { ...resolveConfig("hopper", "dmo", 1), task: NAME, engine: NAME as "mujoco" };

/** What cells show: tables, figures, robots and live figures. */
async function cells(recording: Recording): Promise<MimeBundle[]> {
  const shown: MimeBundle[] = [];
  const offer = Symbol.for("dmo-lab.kernel");
  const display = ({ data }: DisplayData): void => void shown.push(data);
  Object.assign(globalThis, { [offer]: { display, interruption: new AbortController().signal } });
  try {
    const figure = learningCurves([{ name: NAME, rows }]);
    showTable(dataFrame([{ [NAME]: NAME, other: 1 }]));
    showReplay(recording);
    await showFigure(figure);
    const live = liveFigure();
    live.update(() => figure);
    return shown;
  } finally {
    Reflect.deleteProperty(globalThis, offer);
  }
}

const PLOTLY = "application/vnd.plotly.v1+json";

/** A page that shows cells as JupyterLab does where a notebook is trusted. */
const jupyter = (shown: readonly MimeBundle[]): string =>
  `<!doctype html><meta charset="utf-8"><script>${plotlyScript()}</script>
${shown.map((data) => (data[PLOTLY] ? plotted(data[PLOTLY]) : String(data["text/html"]))).join("\n")}`;

const plotted = (figure: unknown): string => `<div></div><script>{
  const { data, layout } = ${inlineJson(figure)};
  Plotly.newPlot(document.currentScript.previousElementSibling, data, layout);
}</script>`;

/** The same cells, printed text and an error as a kept notebook. */
const notebook = (shown: readonly MimeBundle[], packed: string): string => {
  const last = shown.filter((data) => !data[PLOTLY] || data["image/png"]); // a figure comes once more, with its picture
  const displayed = last.map((data) => ({ output_type: "display_data", metadata: {}, data }));
  const replay = { "application/vnd.dmo-lab.replay+json": packed, "image/png": "AA==" };
  const outputs = [
    { output_type: "stream", name: "stdout", text: NAME },
    { output_type: "error", ...describeError(new Error(NAME), new Map(), { name: "a", source: "" }) },
    { output_type: "execute_result", execution_count: 1, metadata: {}, data: { "text/plain": NAME } },
    { output_type: "display_data", metadata: {}, data: replay },
    ...displayed,
  ];
  const cell = { cell_type: "code", id: "a", execution_count: 1, metadata: {}, source: NAME, outputs };
  return JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 });
};

/** Recordings as `npm run notebooks` keeps them. */
const PACK = `import json, sys
sys.path.insert(0, "scripts")
import replays
print(replays.pack(json.load(sys.stdin)), end="")`;

describe.skipIf(!chromium)(`names are text in a browser (${NO_CHROMIUM} otherwise)`, () => {
  let browser: Browser;
  beforeAll(async () => {
    await ensureViewer(process.cwd());
    await useBackend();
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  /** Opens a page, waits for what its scripts draw, and finds the name shown and nothing of it alive, in frames as well. */
  async function isText(file: string, drawn: string): Promise<void> {
    const { page, complaints } = await openFile(browser, file, { viewport: { width: 900, height: 600 } });
    await page.locator(drawn).first().waitFor({ state: "attached" });
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))");
    let shown = 0;
    for (const frame of page.frames()) {
      expect(await frame.evaluate("window.ran"), frame.url()).toBeUndefined();
      expect(await frame.locator("img[src=x], a[href^=javascript]").count(), frame.url()).toBe(0);
      shown += await frame.getByText(IMAGE).count();
    }
    expect(shown).toBeGreaterThan(0);
    expect(complaints.requests.filter((url) => /\/x$/.test(url))).toEqual([]);
    await page.close();
  }

  const written = (html: string): string => {
    const file = join(temporaryFolder(), "page.html");
    writeFileSync(file, html);
    return file;
  };

  test("of a robot and its task, in the viewer and in a report with its machine and settings", async () => {
    const recording = await recorded();
    expect(recording.signals.filter(({ name }) => name.includes(IMAGE)).length).toBeGreaterThan(3);
    await isText(written(viewerHtml(recording, recording)), "dmo-viewer canvas");
    const run = { name: NAME, config, machine, rows, recording };
    await isText(written(reportPage([run, run])), ".figure .main-svg");
  });

  test("of folders and columns of other people's curves, in a comparison", async () => {
    const table = `step,return,${IMAGE}\n1,2,3\n1000,5,1\n2000,7.5,2\n`;
    const folder = temporaryFolder({
      [`${IMAGE}/a${IMAGE}+${IMAGE}/seed1.csv`]: table,
      [`${IMAGE}/b/seed1.csv`]: table,
    });
    await isText(written(comparisonPage(compare(readCurves(folder)))), ".figure .main-svg");
  });

  test("in what a notebook's cells show", async () => {
    const shown = await cells(await recorded());
    expect(shown.length).toBeGreaterThan(4);
    await isText(written(jupyter(shown)), ".main-svg");
  });

  test("on the site, of a notebook that is kept", async ({ skip }) => {
    const root = process.cwd();
    mkdirSync(join(root, ".cache"), { recursive: true });
    const python = await withLock(join(root, ".cache", "setup.lock"), () => ensurePython(root)).catch(
      (error: unknown) => {
        if (!(error instanceof SetupError) || process.env.CI) throw error;
        return error;
      },
    );
    if (typeof python !== "string") return skip(python.message);
    const recording = await recorded();
    const input = JSON.stringify([packFrames(recording)]);
    const { stdout: packed } = spawnSync(python, ["-c", PACK], { input, encoding: "utf8" });
    const folder = temporaryFolder({
      "README.md": "# Project\n",
      "notebooks/own.ipynb": notebook(await cells(recording), packed),
      "out/assets/x": "",
    });
    const { code, stderr } = await program(python, ["scripts/docs/site.py", folder, join(folder, "out")]);
    expect(code, stderr).toBe(0);
    const plotly = createRequire(import.meta.url).resolve("plotly.js-basic-dist-min");
    copyFileSync(plotly, join(folder, "out/assets/plotly.js"));
    copyFileSync("dist/viewer/viewer.js", join(folder, "out/assets/replay.js"));
    await isText(join(folder, "out/notebooks/own.html"), ".main-svg");
  });
});
