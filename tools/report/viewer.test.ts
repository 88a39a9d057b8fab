// The viewer in a real browser: a page opened from disk, a cell that takes live frames, a report.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Recording } from "./recording.js";
import { play, record } from "./record.js";
import { liveViewer, viewerHtml } from "./viewer.js";
import { findTask } from "../../lib/tasks/index.js";
import { useBackend } from "@dmo-lab/jit/backend";
import { temporaryFolder } from "../../tests/temporary.js";
import { ensureViewer } from "../../scripts/setup/viewer.mjs";
import { chromium, type Complaints, launchBrowser, openFile } from "../../tests/browser.js";

const task = findTask("hopper");
let time = 0;
const act = (): Float32Array => Float32Array.from([0, 2, 4], (phase) => 0.7 * Math.sin(0.1 * time++ + phase));

describe.skipIf(!chromium)("in a browser (skipped without Chromium)", () => {
  let browser: Browser;
  let recording: Recording;
  beforeAll(async () => {
    await ensureViewer(process.cwd());
    await useBackend();
    recording = record(task, act, { title: "A <robot> & more" });
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  async function open(html: string, options: Parameters<Browser["newPage"]>[0] = {}) {
    const file = join(temporaryFolder(), "page.html");
    writeFileSync(file, html);
    const size = { width: 900, height: 560 }; // pictures are made without a graphics card
    return openFile(browser, file, { viewport: size, reducedMotion: "reduce", offline: true, ...options });
  }

  test("shows the robot, and it moves where the time is moved", async () => {
    const { page, complaints } = await open(viewerHtml(recording));
    await drawn(page);
    const start = await picture(browser, page);
    expect(start.colors).toBeGreaterThan(50);
    expect(await pose(page, "foot")).toEqual(closeTo(recording.poses.slice(21, 28)));
    await page.locator("dmo-viewer .time").fill(String(30 * recording.dt));
    await drawn(page);
    const later = (30 * recording.bodies.length + 3) * 7;
    expect(await pose(page, "foot")).toEqual(closeTo(recording.poses.slice(later, later + 7)));
    expect((await picture(browser, page)).pixels).not.toBe(start.pixels);
    expect(await page.locator("dmo-viewer .title").textContent()).toContain("A <robot> & more");
    expect(complaints).toEqual({ errors: [], requests: [] } satisfies Complaints);
  });

  test("shows what a mesh says", async () => {
    const vertices = [0, 0, 0, 0, 9000, 0, 4000, 0, 0, 0, 0, 4000];
    const triangles = [0, 2, 1, 0, 3, 2, 0, 1, 3, 1, 2, 3];
    const [shape] = recording.shapes;
    const mesh = { type: "mesh", mesh: "wedge", body: shape.body, color: "#ff00ff" } as const;
    const { page, complaints } = await open(
      viewerHtml({ ...recording, meshes: { wedge: { vertices, triangles } }, shapes: [mesh, ...recording.shapes] }),
    );
    await drawn(page);
    const [withMesh, without] = [await picture(browser, page), await open(viewerHtml(recording))];
    await drawn(without.page);
    expect(withMesh.pixels).not.toBe((await picture(browser, without.page)).pixels);
    expect(complaints).toEqual({ errors: [], requests: [] } satisfies Complaints);
  });

  test("plays, pauses, steps and changes its speed, by mouse and by keys", async () => {
    const { page } = await open(viewerHtml(recording));
    const button = page.locator("dmo-viewer button").first();
    await button.click();
    await expect.poll(async () => (await clock(page)).time, { timeout: 30_000 }).toBeGreaterThan(0.1);
    await page.keyboard.press("Space");
    const paused = await clock(page);
    expect(paused.playing).toBe(false);
    await page.waitForTimeout(100);
    expect((await clock(page)).time).toBe(paused.time);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect((await clock(page)).time).toBeCloseTo(2 * recording.dt, 9);
    await page.keyboard.press("ArrowUp");
    expect((await clock(page)).speed).toBe(2);
    await drawn(page);
    expect(await page.locator("dmo-viewer .clock").textContent()).toMatch(/^0\.03 \/ \d+\.\d\d s$/);
  });

  test("names joints, actions and rewards, with values, units and lines", async () => {
    const { page } = await open(viewerHtml(recording), { colorScheme: "dark" });
    await page.keyboard.press("End");
    await drawn(page);
    const rows = await page.locator("dmo-viewer .row").allTextContents();
    const last = (signal: number): number =>
      recording.values[(recording.frames - 1) * recording.signals.length + signal];
    expect(rows).toHaveLength(recording.signals.length);
    expect(rows).toContain(`rootx${last(0).toFixed(2).replace("-", "−")} m`);
    expect(rows.filter((row) => /^thigh−?\d\.\d\d( rad)?$/.test(row))).toHaveLength(2);
    expect(await ink(page, "joint")).toBeGreaterThan(50);
  });

  test("fits into a narrow cell", async () => {
    const { page } = await open(viewerHtml(recording), { viewport: { width: 420, height: 460 } });
    await drawn(page);
    const [view, traces] = await Promise.all(
      [".view", ".traces"].map((each) => page.locator(`dmo-viewer ${each}`).boundingBox()),
    );
    expect(view!.width).toBe(420);
    expect(traces!.y).toBeGreaterThan(view!.y + view!.height);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(420);
  });

  test("lets one choose among recordings", async () => {
    const other = record(findTask("cartpole"), () => Float32Array.of(0.2), { title: "the other" });
    const { page, complaints } = await open(viewerHtml(recording, other));
    await page.locator("dmo-viewer .title select").selectOption("the other");
    await drawn(page);
    expect(await pose(page, "rail")).toEqual(closeTo(other.poses.slice(0, 7)));
    expect(complaints.errors).toEqual([]);
  });

  test("takes live frames in an iframe, also those sent before it has loaded", async () => {
    const live = liveViewer(task);
    const frames = [...play(task, act)];
    const { page, complaints } = await open(`<!doctype html><div id="cell"></div><div id="output"></div>`);
    await show(page, "#cell", live.html);
    await show(page, "#output", live.push(frames.slice(0, 10)));
    const inside = page.frameLocator("iframe").locator("dmo-viewer .clock");
    await inside.filter({ hasText: "0.15 s, live" }).waitFor();
    await show(page, "#output", live.push(frames.slice(10, 20)));
    await inside.filter({ hasText: "0.32 s, live" }).waitFor();
    await show(page, "#output", live.push(frames.slice(0, 4)));
    await inside.filter({ hasText: "0.05 s, live" }).waitFor();
    expect(complaints.errors).toEqual([]);
  });
});

const VIEWER = 'document.querySelector("dmo-viewer").viewer';

/** Waits until what was asked for is drawn. */
const drawn = (page: Page): Promise<void> =>
  page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))");

const pose = (page: Page, body: string): Promise<number[]> => page.evaluate(`${VIEWER}.pose("${body}")`);

const clock = (page: Page): Promise<{ time: number; playing: boolean; speed: number }> =>
  page.evaluate(`(({ time, playing, speed }) => ({ time, playing, speed }))(${VIEWER}.playback)`);

const closeTo = (values: Float32Array): number[] => Array.from(values, (x) => expect.closeTo(x, 5) as number);

/** Puts HTML into an element and runs its scripts, as a notebook does with an output. */
const show = (page: Page, selector: string, html: string): Promise<void> =>
  page.evaluate(`(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    element.innerHTML = ${JSON.stringify(html)};
    for (const script of element.querySelectorAll("script")) {
      const fresh = document.createElement("script");
      fresh.text = script.text;
      script.replaceWith(fresh);
    }
  })()`);

/** The robot's part of the page as it looks: its pixels as text, and how many colours there are. */
async function picture(browser: Browser, page: Page): Promise<{ pixels: string; colors: number }> {
  const pixels = (await page.locator("dmo-viewer .view").screenshot()).toString("base64");
  const reader = await browser.newPage();
  const colors = await reader.evaluate<number>(`(async () => {
    const image = new Image();
    image.src = "data:image/png;base64,${pixels}";
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    return new Set(new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer)).size;
  })()`);
  await reader.close();
  return { pixels, colors };
}

/** How many points of the first trace of a group are drawn on. */
const ink = (page: Page, group: string): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector("dmo-viewer").shadowRoot.querySelector(".${group} canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 3 && value > 128).length;
  })()`);
