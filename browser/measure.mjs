/**
 * What the page in which methods learn needs of this machine, in a browser without a window: node browser/measure.mjs
 * [NAME...], after npm run setup. Prints one JSON line a run; docs/try/README.md says what they were.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { launchBrowser } from "../dist/tools/report/browser.js";
import { bundlePage } from "../scripts/docs/bundle.mjs";

/** @typedef {{ return?: number, wall_seconds: number, samples: number }} Row */

/**
 * Runs by name: the page's address, and a return or a number of epochs that ends them. The page's own settings follow from
 * the robot and the method, as when a visitor chooses them. `flat` is without the robot's picture in 3D, which a machine without a
 * graphics card draws with its processor.
 * @type {Record<string, { task: string, method: string, seed?: number, set?: string, goal?: number, epochs?: number, seconds: number, flat?: boolean }>}
 */
const RUNS = {
  "cartpole-shac": { task: "cartpole", method: "shac", goal: -1000, seconds: 240 },
  "cartpole-dmo": { task: "cartpole", method: "dmo", goal: -1000, seconds: 360 },
  "hopper-dmo": { task: "hopper", method: "dmo", goal: 1000, seconds: 580 },
  "cartpole-shac/flat": { task: "cartpole", method: "shac", epochs: 40, seconds: 240, flat: true },
  "200-epochs/shac": { task: "cartpole", method: "shac", seed: 2, epochs: 200, seconds: 580 },
  // As full after 30 epochs as it will ever be: otherwise the replay buffer grows with the samples.
  "200-epochs/dmo": {
    task: "cartpole",
    method: "dmo",
    seed: 2,
    set: "dynamics.replayCapacity=200000",
    epochs: 200,
    seconds: 580,
  },
};

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dmo-lab-measure-"));
const page = join(folder, "index.html");

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(RUNS);
try {
  await bundlePage(root, join(folder, "try.js"));
  copyFileSync(join(root, "dist", "viewer", "viewer.js"), join(folder, "replay.js"));
  writeFileSync(
    page,
    `<!doctype html><meta charset="utf-8"><body><dmo-try></dmo-try>
<script src="replay.js"></script><script src="try.js"></script></body>`,
  );
  const bytes = ["replay.js", "try.js"].reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  console.log(JSON.stringify({ name: "load", megabytes: bytes / 1e6 }));
  for (const name of names) console.log(JSON.stringify({ name, ...(await measure(RUNS[name])) }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {typeof RUNS[string]} run */
async function measure({ task, method, seed = 1, set, goal = Infinity, epochs = Infinity, seconds, flat }) {
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    tab.setDefaultTimeout(120_000);
    if (flat) await tab.addInitScript(withoutWebGl);
    await tab.goto(pathToFileURL(page).href);
    await choose(tab, task, method, seed, set);
    await tab.evaluate(watchFrames);
    const { processor, resident } = await usage(browser);
    const began = performance.now();
    await tab.getByRole("button", { name: "Train", exact: true }).click();
    const memory = [];
    /** @type {Row[]} */
    let rows = [];
    while (performance.now() - began < 1000 * seconds) {
      await new Promise((resume) => setTimeout(resume, 500));
      rows = await tab.evaluate(() => /** @type {any} */ (document.querySelector("dmo-try")).rows);
      if (rows.length >= 40 * (memory.length + 1)) memory.push(Math.round((await usage(browser)).resident));
      if (rows.length >= epochs || (rows.at(-1)?.return ?? -Infinity) >= goal) break;
    }
    const reached = rows.findIndex((row) => (row.return ?? -Infinity) >= goal);
    const last = rows[reached < 0 ? rows.length - 1 : reached];
    const after = await usage(browser);
    return {
      ...{ goal, reached: reached >= 0, epochs: rows.indexOf(last) + 1, samples: last?.samples },
      ...{ return: last?.return, seconds: last?.wall_seconds, processorSeconds: after.processor - processor },
      ...{ residentAtStart: Math.round(resident), residentEvery40Epochs: memory },
      frames: await tab.evaluate(() => /** @type {any} */ (globalThis).frames()),
    };
  } finally {
    await browser.close();
  }
}

/**
 * As a visitor does.
 * @param {import("playwright-core").Page} tab @param {string} task @param {string} method @param {number} seed
 * @param {string} [set] another setting
 */
async function choose(tab, task, method, seed, set) {
  const waiting = () => tab.waitForSelector('dmo-try[data-work="waiting"]');
  await waiting();
  if (task !== "cartpole") await tab.locator("select").first().selectOption(task);
  await tab.locator("select").nth(1).selectOption(method);
  await waiting();
  const more = set ? `&set=${set}` : "";
  await tab.evaluate((to) => (location.hash = location.hash.replace(/seed=\d+/, "seed=" + to)), `${seed}${more}`);
  await tab.waitForTimeout(500);
  await waiting();
}

function withoutWebGl() {
  const { getContext } = HTMLCanvasElement.prototype;
  /** @type {any} */ (HTMLCanvasElement.prototype).getContext = function (/** @type {string} */ kind) {
    return kind === "2d" ? getContext.call(this, kind) : null;
  };
}

/** Notes in the page how long its frames and its long tasks last [ms]. */
function watchFrames() {
  /** @type {number[]} */ const gaps = [];
  /** @type {number[]} */ const tasks = [];
  let last = performance.now();
  const tick = (/** @type {number} */ now) => {
    gaps.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    entryTypes: ["longtask"],
  });
  Object.assign(globalThis, {
    frames: () => {
      gaps.sort((a, b) => a - b);
      const at = (/** @type {number} */ share) => Math.round(gaps[Math.floor(share * (gaps.length - 1))]);
      const over = gaps.filter((gap) => gap > 100).length;
      const frames = { count: gaps.length, median: at(0.5), p99: at(0.99), longest: at(1), over100: over };
      return { ...frames, longTasks: tasks.length, longestTask: Math.max(0, ...tasks) };
    },
  });
}

/** Of the processes of pages: processor time [s], and memory that is there [MB]. @param {import("playwright-core").Browser} browser */
async function usage(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const pages = processInfo.filter(({ type }) => type === "renderer");
  const resident = pages.map(({ id }) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]),
  );
  return {
    processor: pages.reduce((sum, { cpuTime }) => sum + cpuTime, 0),
    resident: resident.reduce((sum, each) => sum + each, 0) / 1024,
  };
}
