import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromium, launchBrowser, NO_CHROMIUM, openFile } from "../../tests/browser.js";
import { SetupError } from "../setup/errors.mjs";
import { filesBelow } from "../setup/files.mjs";
import { withLock } from "../setup/lock.mjs";
import { run } from "../setup/process.mjs";
import { ensurePython } from "../setup/python.mjs";
import * as lab from "../../api/index.js";
import { temporaryFolder } from "../../tests/temporary.js";
import { withFormulas } from "./formulas.mjs";

// The site as it is built, in the Python environment of the project: where that can't be had, a user's machine skips this.

const root = process.cwd();
const site = (() => {
  mkdirSync(join(root, ".cache"), { recursive: true });
  return mkdtempSync(join(root, ".cache", "site-"));
})();
let python = "";
let missing = "";
let pages: string[] = [];
beforeAll(async () => {
  try {
    python = await withLock(join(root, ".cache", "setup.lock"), () => ensurePython(root));
  } catch (error) {
    if (!(error instanceof SetupError) || process.env.CI) throw error;
    missing = error.message;
    return;
  }
  const { code, stdout, stderr } = await run(process.execPath, ["scripts/docs.mjs", "--out", site]);
  expect(code, stdout + stderr).toBe(0);
  // The reference is made of doc comments by a program of its own.
  pages = filesBelow(site).filter((file) => file.endsWith(".html") && !file.startsWith(join(site, "reference")));
});
afterAll(() => rmSync(site, { recursive: true, force: true }));

const read = (page: string): string => readFileSync(page, "utf8");
const notebooks = (): string[] => pages.filter((page) => /notebooks\/\d\d_\w+\.html$/.test(page));

test("all pages are there, and every link leads to a page, and on it to a place that is there", ({ skip }) => {
  skip(missing !== "", missing);
  const expected = ["index.html", "docs/notebooks.html", "notebooks/exercises/swap.html", "reproductions/index.html"];
  expect(pages.map((page) => relative(site, page))).toEqual(expect.arrayContaining(expected));
  const lost = pages.flatMap((page) =>
    [...read(page).matchAll(/(?:href|src)="([^"]*)"/g)].flatMap(([, link]) => {
      const [way, anchor] = link.split("#");
      if (/^(https?|mailto|data):/.test(link)) return [];
      const target = way ? resolve(dirname(page), way) : page;
      const found = existsSync(target) && (!anchor || read(target).includes(`id="${anchor}"`));
      return found ? [] : [`${relative(site, page)}: ${link}`];
    }),
  );
  expect(lost).toEqual([]);
});

test("notebooks have their formulas set, figures that can be zoomed and robots that can be turned", ({ skip }) => {
  skip(missing !== "", missing);
  const figures = notebooks().flatMap((page) =>
    [...read(page).matchAll(/<figure class="(\w+)"/g)].map(([, kind]) => kind),
  );
  expect(new Set(figures)).toEqual(new Set(["plotly", "replay"]));
  expect(notebooks().length).toBeGreaterThan(9);
  for (const page of notebooks()) expect(read(page).match(/class="katex-display"/g)?.length, page).toBeGreaterThan(0);
  for (const page of pages) expect(read(page), page).not.toMatch(/class="math|katex-error/);
});

test("pages of notebooks that run say so, and have all their scripts beside them", ({ skip }) => {
  skip(missing !== "", missing);
  const running = notebooks().flatMap((page) => /<dmo-cells notebook="(\w+)">/.exec(read(page))?.[1] ?? []);
  expect(running).toEqual(["01_quickstart", "04_decoupled_gradients"]);
  for (const file of ["cells", "plotly", "replay", ...running.map((name) => `cells-${name}`)])
    expect(existsSync(join(site, "assets", `${file}.js`)), file).toBe(true);
});

test("a formula that is not LaTeX, and a link that leads nowhere, are errors", async ({ skip }) => {
  skip(missing !== "", missing);
  expect(withFormulas('<span class="math">a &lt; b</span>')).toContain("katex-html");
  expect(() => withFormulas('<span class="math">\\frac{1</span>')).toThrow("expected '}'");
  const folder = temporaryFolder({ "README.md": "# Project\n\n[more](docs/more.md)", "out/assets/x": "" });
  const { code, stderr } = await run(python, ["scripts/docs/site.py", folder, join(folder, "out")]);
  expect(stderr).toContain("This link leads nowhere: README.md: docs/more.md");
  expect(code).toBe(1);
});

test("the reference has every part of the library, with what its doc comments say", ({ skip }) => {
  skip(missing !== "", missing);
  const parts = Object.keys(lab).filter((name) => typeof lab[name as keyof typeof lab] === "object");
  expect(parts.length).toBeGreaterThan(8);
  for (const part of parts) expect(existsSync(join(site, "reference", "modules", `${part}.html`)), part).toBe(true);
  const training = read(join(site, "reference", "classes", "training.Training.html"));
  expect(training).toContain("A run in memory: a generator of rows");
});

test("alternative texts say what a figure shows", ({ skip }) => {
  skip(missing !== "", missing);
  const page = read(join(site, "notebooks", "01_quickstart.html"));
  const texts = [...page.matchAll(/alt="([^"]*)"/g)].map(([, text]) => text);
  expect(texts).toContain("return of an episode against environment steps, million, time, minutes: DMO");
  expect(texts).not.toContain("");
});

describe.skipIf(!chromium)(`in a browser (${NO_CHROMIUM} otherwise)`, () => {
  /** Scrolls to every figure and waits until all have come to life; gives how many there are. */
  async function enliven(page: Page): Promise<number> {
    const figures = page.locator("figure[class]");
    const count = await figures.count();
    for (let i = 0; i < count; i++) await figures.nth(i).scrollIntoViewIfNeeded();
    for (let i = 0; i < count; i++) {
      await figures.nth(i).locator(".main-svg, canvas").first().waitFor({ state: "attached", timeout: 100_000 });
    }
    return count;
  }

  test("search finds sections of all pages, a page lists its sections and leads on, dark where the reader's system is", async ({
    skip,
  }) => {
    skip(missing !== "", missing);
    const browser = await launchBrowser();
    try {
      const view = { viewport: { width: 1600, height: 900 }, colorScheme: "dark" as const };
      const { page, complaints } = await openFile(browser, join(site, "docs", "laptop.html"), view);
      expect(await page.locator("aside a").allTextContents()).toContain("The test bed");
      expect(await page.locator("footer a").count()).toBe(2);
      expect(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")).toBe("rgb(20, 23, 27)");
      await page.keyboard.press("/");
      await page.keyboard.type("stratified boot");
      const found = page.locator(".found a", { hasText: "The stratified bootstrap" });
      await found.click();
      await page.waitForURL(/11_ablation_study\.html#/);
      expect(complaints.errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test("pages complain of nothing and ask for their own files only, and figures come to life", async ({ skip }) => {
    skip(missing !== "", missing);
    const browser = await launchBrowser();
    try {
      for (const file of [join(site, "index.html"), ...notebooks()]) {
        const { page, complaints } = await openFile(browser, file, { viewport: { width: 1250, height: 900 } });
        const figures = await enliven(page);
        if (notebooks().includes(file)) expect(figures, file).toBeGreaterThan(0);
        expect(complaints.errors, file).toEqual([]);
        expect(complaints.requests.filter((url) => !url.startsWith("file:"))).toEqual([]);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  }, 600_000);
});
