import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../tests/temporary.js";
import { chromium, launchBrowser, openFile } from "../../tests/browser.js";
import { resolveConfig } from "../../lib/training/config.js";
import type { Row } from "../../lib/training/metrics.js";
import { reportPage, type RunRecord } from "./page.js";

const rows: Row[] = Array.from({ length: 30 }, (_, epoch) => ({
  epoch,
  samples: 4096 * (epoch + 1),
  ...(epoch > 5 && { return: 100 * Math.log(epoch) }),
  wall_seconds: epoch + 5,
  model_loss: -epoch / 10,
  actor_grad_norm: Math.exp(-epoch / 10),
  critic_loss: 10 / (epoch + 1),
}));

const run: RunRecord = {
  name: "runs/<first> & only",
  config: resolveConfig("hopper", "dmo", 3, ["dynamics.hidden=128,64"]),
  machine: {
    started: "2030-01-02T03:04:05.678Z",
    versions: { "dmo-lab": "0.1.0", node: "20.0.0" },
    backend: { name: "wasm", version: "4.22.0", threads: 1 },
    numerics: "0123456789abcdef",
    platform: "linux x64",
    cpu: 'Some "fast" processor',
    cores: 2,
    memory_bytes: 2 ** 33,
    matmul_gflops: 31.4,
  },
  rows,
  evaluation: { mean: 3512.4, std: 120.6, episodes: 32, returns: [] },
};

describe("the page's text", () => {
  const page = reportPage([run]);

  test("says what was learned, how well, with which settings, on which machine", () => {
    for (const text of [
      "<h1>DMO on Hopper</h1>",
      "<b>3,512</b> <span>± 121</span>",
      "over 32 episodes",
      "<dt>environment steps</dt><dd>122,880</dd>",
      "<td>dynamics.hidden</td><td>128, 64</td>",
      "<td>2030-01-02 03:04:05 UTC</td>",
      "Some &quot;fast&quot; processor, 2 cores",
      "<td>8.0 GiB</td>",
      "wasm 4.22.0, 1 thread",
      "<td>31 GFLOP/s</td>",
    ])
      expect(page).toContain(text);
  });

  test("names nothing to load", () => {
    const own = page.replace(/<script>\/\*\*[^]*?<\/script>/, "");
    expect(own.length).toBeLessThan(page.length / 10);
    expect(own).not.toMatch(/https?:|<link|<img|src=/);
  });

  test("a run that did not end by itself has no score, and the page says so", () => {
    expect(reportPage([{ ...run, evaluation: undefined }])).toContain("This run has no final score");
  });

  test("several runs are one table, one row each", () => {
    const other = { ...run, name: "second", config: resolveConfig("hopper", "shac", 4) };
    const several = reportPage([run, other]);
    expect(several).toContain("<h1>DMO on Hopper, SHAC on Hopper</h1>");
    expect(several).toContain(
      "<td>runs/&lt;first&gt; &amp; only</td><td>DMO on Hopper</td><td>3</td><td>3,512 ± 121</td>",
    );
    expect(several).toContain("<td>second</td><td>SHAC on Hopper</td><td>4</td>");
  });
});

describe.skipIf(!chromium)("in a browser (skipped without Chromium)", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  function written(): string {
    const file = join(temporaryFolder(), "report.html");
    writeFileSync(file, reportPage([run, { ...run, name: "second" }]));
    return file;
  }

  test("draws every panel from the file alone, without an error or a request", async () => {
    const { page, complaints } = await openFile(browser, written());
    await page.waitForSelector(".figure .main-svg");
    expect(await page.locator(".scatterlayer .js-line").count()).toBe(2 * 2 + 2 * 3);
    expect(await page.locator(".figure .xtitle, .figure .x2title").allTextContents()).toContain("time, minutes");
    expect(await page.locator(".legendtext").allTextContents()).toEqual(["runs/<first> & only", "second"]);
    expect(complaints).toEqual({ errors: [], requests: [] });
  });

  test("answers the mouse with the values under it", async () => {
    const { page } = await openFile(browser, written());
    const plot = await page.locator(".figure .nsewdrag").first().boundingBox();
    await page.mouse.move(plot!.x + plot!.width * 0.5, plot!.y + plot!.height * 0.9);
    await page.mouse.move(plot!.x + plot!.width * 0.51, plot!.y + plot!.height * 0.9);
    await page.waitForSelector(".hoverlayer .hovertext");
    expect(await page.locator(".hoverlayer .hovertext").first().textContent()).toMatch(
      /^second[\d.]+0\.0\d\d million$/,
    );
  });

  test.each(["light", "dark"] as const)("is legible on %s paper", async (colorScheme) => {
    const { page } = await openFile(browser, written(), { colorScheme });
    await page.locator(".figure .xtitle").first().waitFor();
    const ink = await page.evaluate<string>("getComputedStyle(document.querySelector('.figure .xtitle')).fill");
    const brightness = Math.max(...ink.match(/\d+/g)!.slice(0, 3).map(Number));
    expect(brightness > 128).toBe(colorScheme === "dark");
  });
});
