import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@dmo-lab/jit/backend";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveConfig } from "../lib/training/config.js";
import { csvHeader, csvRow, parseCsv, type Row } from "../lib/training/metrics.js";
import { Policy } from "../lib/training/policy.js";
import { evaluatePolicy, Training } from "../lib/training/train.js";
import { bundlePage, bundleReader } from "../scripts/docs/bundle.mjs";
import { chromium, launchBrowser, NO_CHROMIUM, openFile } from "../tests/browser.js";
import type { ViewerElement } from "../viewer/element.js";
import { addressOf, type Experiment, type MethodName } from "./experiment.js";

// The page as it lies on a disk. Its rows are compared with those of this process, which computes with WebAssembly as well.

const PATIENT = { timeout: 300_000 };

/** The robot's picture takes its time where no graphics card draws it. */
const SMALL_VIEW = { width: 500, height: 400 };

/** Small enough to train at once, and with every part of the methods. */
const SMALL = ["envs=16", "horizon=8", "actor.hidden=16,16", "critic.hidden=16,16", "critic.iterations=2"];
const MODEL = ["dynamics.hidden=16,16", "dynamics.initialUpdates=5", "dynamics.minReplay=64", "dynamics.updates=2"];
const experiment = (method: MethodName, task: Experiment["task"] = "cartpole"): Experiment => ({
  ...{ task, method, seed: 3 },
  set: method === "shac" ? SMALL : [...SMALL, ...MODEL],
});

type TryElement = HTMLElement & { readonly rows: readonly Row[] };

const folder = mkdtempSync(join(tmpdir(), "dmo-lab-page-"));
const page = join(folder, "index.html");
const MARKUP = `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<body><dmo-try></dmo-try><dmo-lesson name="forward"></dmo-lesson><script src="replay.js"></script><script src="try.js"></script></body>`;

describe.skipIf(!chromium)(`in a browser (${NO_CHROMIUM} otherwise)`, () => {
  let browser: Browser;
  beforeAll(async () => {
    await useBackend("wasm");
    await bundlePage(process.cwd(), join(folder, "try.js"));
    await bundleReader(process.cwd(), join(folder, "mjcf.js"));
    copyFileSync("dist/viewer/viewer.js", join(folder, "replay.js"));
    writeFileSync(page, MARKUP);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (wanted: Experiment, options: Parameters<typeof openFile>[2] = { viewport: SMALL_VIEW }) => {
    const opened = await openFile(browser, page, options, `#${addressOf(wanted)}`);
    await waitFor(opened.page, "waiting");
    return opened;
  };
  const waitFor = (tab: Page, work: string) => tab.waitForSelector(`dmo-try[data-work="${work}"]`);

  async function train(tab: Page, epochs: number): Promise<void> {
    for (let epoch = 0; epoch < epochs; epoch++) {
      await tab.getByRole("button", { name: "One epoch" }).click();
      await waitFor(tab, "waiting");
    }
  }

  async function downloaded(tab: Page, button: string): Promise<string> {
    const [download] = await Promise.all([
      tab.waitForEvent("download"),
      tab.getByRole("button", { name: button }).click(),
    ]);
    return readFileSync(await download.path(), "utf8");
  }

  /** Rows of this process for the same run. */
  async function rowsHere({ task, method, seed, set }: Experiment, epochs: number): Promise<Row[]> {
    const training = new Training(resolveConfig(task, method, seed, [...set, `epochs=${epochs}`]));
    const rows: string[] = [];
    for await (const row of training.rows()) rows.push(csvRow(row));
    training.dispose();
    return parseCsv(csvHeader() + rows.join(""));
  }

  /** Without what depends on the clock and the machine. */
  const lasting = (rows: readonly Row[]) =>
    rows.map((row) => Object.entries(row).filter(([column]) => !/_(seconds|per_second|bytes)$/.test(column)));

  test.each(["dmo", "shac", "imagination"] as const)(
    "five epochs of %s give the rows of Node's WebAssembly",
    async (method) => {
      const { page: tab, complaints } = await open(experiment(method));
      await train(tab, 5);
      const there = parseCsv(await downloaded(tab, "Rows"));
      expect(there).toHaveLength(5);
      expect(lasting(there)).toEqual(lasting(await rowsHere(experiment(method), 5)));
      expect(complaints.errors).toEqual([]);
      expect(complaints.requests.filter((url) => !url.startsWith("file:"))).toEqual([]);
      await tab.close();
    },
  );

  test("in a page that is cross-origin isolated threads share the tensors, and the rows stay what they are", async () => {
    const server = createServer(({ url }, response) => {
      const file = url === "/" ? "index.html" : url!.slice(1);
      const type = { "content-type": file.endsWith(".js") ? "text/javascript" : "text/html" };
      const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
      if (file.startsWith("favicon")) response.writeHead(404).end();
      else response.writeHead(200, { ...type, ...isolated }).end(readFileSync(join(folder, file)));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const tab = await browser.newPage({ viewport: SMALL_VIEW });
    tab.setDefaultTimeout(600_000);
    await tab.addInitScript(() => Object.defineProperty(navigator, "hardwareConcurrency", { get: () => 3 }));
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#${addressOf(experiment("dmo"))}`);
    await waitFor(tab, "waiting");
    expect(await tab.textContent(".status")).toContain("WebAssembly with SIMD, 2 threads");
    await train(tab, 2);
    const there = parseCsv(await downloaded(tab, "Rows"));
    expect(lasting(there)).toEqual(lasting(await rowsHere(experiment("dmo"), 2)));
    await tab.close();
    server.close();
  });

  test("a pause ends after the epoch that is computed, and training goes on as if there had been none", async () => {
    const { page: tab } = await open(experiment("shac"));
    const count = () => tab.evaluate(() => document.querySelector<TryElement>("dmo-try")!.rows.length);
    await tab.getByRole("button", { name: "Train", exact: true }).click();
    await expect.poll(count, PATIENT).toBeGreaterThan(0);
    await tab.getByRole("button", { name: "Pause", exact: true }).click();
    await waitFor(tab, "waiting");
    const paused = await count();
    await tab.waitForTimeout(500);
    expect(await count()).toBe(paused);
    await train(tab, 1);
    const there = parseCsv(await downloaded(tab, "Rows"));
    expect(lasting(there)).toEqual(lasting(await rowsHere(experiment("shac"), paused + 1)));
    await tab.close();
  });

  test("the policy is a file that evaluates, and gradients can be compared in the middle of a run", async () => {
    const { page: tab } = await open(experiment("dmo"));
    await train(tab, 1);
    await tab.getByRole("button", { name: "Cosine" }).click();
    await train(tab, 2);
    const rows = parseCsv(await downloaded(tab, "Rows"));
    expect(rows.map((row) => row.dmo_cosine !== undefined)).toEqual([false, true, true]);
    const policy = Policy.parse(await downloaded(tab, "Policy"));
    expect(policy.task).toBe("cartpole");
    expect(evaluatePolicy(policy, 2, 1).mean).toBeLessThan(0);
    await tab.close();
  });

  test("the robot lives in the viewer while a method trains, and can be pushed", async () => {
    const { page: tab } = await open(experiment("shac", "hopper"), { viewport: { width: 900, height: 900 } });
    const speeds = () => tab.evaluate(() => (globalThis as never as { speeds: number[][] }).speeds);
    await tab.waitForFunction(
      () => (document.querySelector<ViewerElement>("dmo-viewer")?.viewer.playback.time ?? 0) > 0.1,
    );
    await tab.evaluate(() => {
      const told: number[][] = [];
      document
        .querySelector("dmo-viewer")!
        .addEventListener("push", (event) => told.push((event as CustomEvent).detail));
      Object.assign(globalThis, { speeds: told });
    });
    const box = (await tab.locator("dmo-viewer canvas").first().boundingBox())!;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const drag = async () => {
      await tab.mouse.move(x, y);
      await tab.mouse.down();
      await tab.mouse.move(x + 60, y, { steps: 3 });
      await tab.mouse.up();
      return speeds();
    };
    await expect.poll(drag, PATIENT).not.toEqual([]); // a robot that hops away may be missed
    const [[forward, up]] = await speeds();
    expect(forward).toBeGreaterThan(0.1);
    expect(Math.abs(up)).toBeLessThan(0.1 * forward);
    await tab.close();
  });

  test("the page answers while an epoch is computed", async () => {
    const slow = { ...experiment("dmo"), set: [...SMALL, ...MODEL, "dynamics.initialUpdates=3000"] };
    const { page: tab } = await open(slow);
    await tab.getByRole("button", { name: "One epoch" }).click();
    for (let i = 0; i < 20; i++)
      expect(await tab.evaluate(() => document.querySelector<HTMLElement>("dmo-try")!.dataset.work)).toBe("training");
    await tab.getByRole("button", { name: "Reset" }).click();
    await waitFor(tab, "waiting");
    await tab.close();
  });

  test("a lesson makes its runs for all to see, one that is interrupted goes on where it was", async () => {
    const { page: tab } = await open(experiment("shac"));
    const lesson = tab.locator("dmo-lesson");
    await lesson.getByRole("button").click();
    await waitFor(tab, "training");
    expect(await tab.evaluate(() => location.hash)).toMatch(/^#task=hopper&method=dmo&seed=1/);
    expect(await lesson.getByRole("status").textContent()).toBe("Run 1 of 3 learns above.");
    await tab.getByRole("button", { name: "Reset" }).click();
    await expect.poll(() => lesson.getByRole("status").textContent(), PATIENT).toBe("Stopped: run it again to go on.");
    expect(await lesson.getByRole("button").isEnabled()).toBe(true);
    await tab.close();
  });

  test("a visitor's MJCF becomes a robot that learns; one that is wrong is told in a line", async () => {
    const { page: tab, complaints } = await open(experiment("dmo"));
    const give = (files: Parameters<Page["setInputFiles"]>[1]) =>
      tab.getByLabel("Your own robot (MJCF)").setInputFiles(files);
    await give("examples/balancer.xml");
    await tab.waitForSelector('dmo-try[data-work="waiting"] option[value="own"]', { state: "attached" });
    await expect.poll(() => tab.locator("select").first().inputValue(), PATIENT).toBe("own");
    await tab.waitForFunction(() => document.querySelector("dmo-viewer")?.shadowRoot?.textContent.includes("wheel"));
    expect(complaints.errors).toEqual([]);
    await tab.getByLabel("Method").selectOption("shac");
    await waitFor(tab, "waiting");
    await train(tab, 1);
    expect(parseCsv(await downloaded(tab, "Rows"))[0].samples).toBeGreaterThan(0);
    await give({ name: "broken.xml", mimeType: "text/xml", buffer: Buffer.from("<mujoco><worldbody>") });
    await waitFor(tab, "failed");
    expect(await tab.textContent(".status")).toMatch(/^broken.xml: this is not well-formed XML/);
    await give({ name: "still.xml", mimeType: "text/xml", buffer: Buffer.from("<mujoco/>") });
    await expect
      .poll(() => tab.textContent(".status"), PATIENT)
      .toBe("still.xml: a robot needs a motor to learn with.");
    await tab.close();
  });

  test("a file that is dropped onto the page is read as one that is chosen", async () => {
    const { page: tab } = await open(experiment("dmo"));
    const text = readFileSync("examples/balancer.xml", "utf8");
    const event = await tab.evaluateHandle((text) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], "mine.xml", { type: "text/xml" }));
      return new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
    }, text);
    await tab.locator("dmo-try").evaluate((page, event) => page.dispatchEvent(event), event);
    await tab.waitForSelector('dmo-try[data-work="waiting"] option[value="own"]', { state: "attached" });
    expect(await tab.locator('option[value="own"]').textContent()).toBe("mine.xml");
    expect(await event.evaluate(({ defaultPrevented }) => defaultPrevented)).toBe(true);
    await tab.close();
  });

  test("a setting that is not allowed is told, and a browser without WebAssembly what it lacks", async () => {
    const { page: tab } = await openFile(browser, page, {}, "#task=hopper&method=dmo&set=horizon=many");
    await waitFor(tab, "failed");
    expect(await tab.textContent(".status")).toBe(
      'setting horizon is "many"; allowed: a whole number from 1 to 10000.',
    );
    await tab.addInitScript(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    await tab.reload();
    expect(await tab.textContent("dmo-try")).toContain(
      "This browser lacks what training needs: WebAssembly, WebAssembly SIMD.",
    );
    await tab.close();
  });

  test("fits a phone, and needs at most 3 MB", async () => {
    const { page: tab } = await open(experiment("dmo"), { viewport: { width: 390, height: 800 } });
    expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const bytes = ["try.js", "replay.js"].map((file) => statSync(join(folder, file)).size);
    expect(bytes[0] + bytes[1]).toBeLessThan(2.9e6);
    await tab.close();
  });
});
