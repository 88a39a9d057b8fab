import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chromium, launchBrowser, NO_CHROMIUM } from "../tests/browser.js";
import { withLock } from "./setup/lock.mjs";
import { ensurePython } from "./setup/python.mjs";

// A real JupyterLab in a real browser: the quickstart as a reader sees it, and the formulas of all notebooks.

const TOKEN = "test";
const PICTURES = resolve(".cache", "screenshots");

let folder = "";
let lab: ChildProcess;
let browser: Browser;
let page: Page;
const errors: string[] = [];

describe.skipIf(!chromium)(`JupyterLab (${NO_CHROMIUM} otherwise)`, () => {
  beforeAll(async () => {
    const root = process.cwd();
    const python = await withLock(join(root, ".cache", "setup.lock"), () => ensurePython(root));
    mkdirSync(PICTURES, { recursive: true });
    // JupyterLab saves what it shows: a copy, inside of the project, so that cells find the library.
    folder = mkdtempSync(join(root, ".cache", "lab-"));
    for (const ending of ["ipynb", "ts"])
      copyFileSync(`notebooks/01_quickstart.${ending}`, join(folder, `01_quickstart.${ending}`));
    const url = await startLab(python);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(`${url}/lab/tree/01_quickstart.ipynb?token=${TOKEN}&reset`);
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor({ timeout: 60_000 });
    while ((await kernelStatus()) !== "idle") await sleep(200);
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    if (lab?.exitCode === null && lab.kill("SIGTERM")) await once(lab, "exit");
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  test("formulas are set, in the notebook and those of all others", async () => {
    const display = 'mjx-container[display="true"]';
    await page.locator(`.jp-Notebook ${display}`).first().waitFor();
    const texts = readdirSync("notebooks").flatMap((name) => (name.endsWith(".ipynb") ? markdownOf(name) : []));
    writeFileSync(join(folder, "texts.md"), texts.join("\n\n"));
    await command("docmanager:open", { path: "texts.md", factory: "Markdown Preview" });
    const preview = page.locator(".jp-MarkdownViewer");
    const wanted = texts.join("\n").split("$$").length >> 1;
    await until(async () => (await preview.locator(display).count()) >= wanted);
    await page.screenshot({ path: join(PICTURES, "lab-formulas.png") });
    expect(await preview.locator(display).count()).toBe(wanted);
    expect(await preview.locator("mjx-merror, [data-mjx-error]").count()).toBe(0);
    expect(await preview.locator("p, li, td").allTextContents()).not.toContainEqual(expect.stringContaining("$"));
    await command("docmanager:open", { path: "01_quickstart.ipynb" });
    await page.waitForFunction("jupyterapp.shell.currentWidget.context.path === '01_quickstart.ipynb'");
  });

  test("all cells run: a figure that grows, pictures, the robot in 3D", async () => {
    await command("notebook:clear-all-cell-outputs");
    await command("notebook:run-all-cells");
    await until(async () => (await cells())[3].outputs.includes("display_data"));
    await show(3);
    const curve = page.frameLocator(".jp-Notebook iframe").locator(".scatterlayer .js-line").first();
    await curve.waitFor({ state: "attached" });
    const early = await curve.getAttribute("d");
    await until(async () => (await curve.getAttribute("d")) !== early);
    await page.screenshot({ path: join(PICTURES, "lab-training.png") });
    await until(async () => (await cells()).every(({ count }) => count !== null));
    for (const [i, { outputs }] of (await cells()).entries()) {
      expect(outputs, `code cell ${i}`).not.toContain("error");
      await show(i);
      await sleep(1500);
      await page.screenshot({ path: join(PICTURES, `lab-${i}.png`) });
    }
    await show(3);
    const figure = page.locator(".jp-Notebook .js-plotly-plot").first();
    const [drawn, cell] = await Promise.all([figure.boundingBox(), page.locator(".jp-Notebook").boundingBox()]);
    expect(drawn!.width).toBeLessThan(cell!.width);
    await show(5);
    const robot = page.locator('.jp-Notebook iframe[title="Robot"]');
    const pictures = [await robot.screenshot(), await sleep(1000).then(() => robot.screenshot())];
    expect(pictures[0].equals(pictures[1])).toBe(false); // it moves
    expect(errors).toEqual([]);
  });

  test("saving leaves the script beside the notebook as it was", async () => {
    const saved = () => statSync(join(folder, "01_quickstart.ts")).mtimeMs;
    const before = saved();
    await command("docmanager:save");
    await until(() => Promise.resolve(saved() > before));
    expect(readFileSync(join(folder, "01_quickstart.ts"), "utf8")).toBe(
      readFileSync("notebooks/01_quickstart.ts", "utf8"),
    );
  });

  test("Interrupt stops a training within 2 seconds, the kernel goes on, an error is shown, names are completed", async () => {
    await edit(
      2,
      [
        'import { tensor, training } from "dmo-lab";',
        "await tensor.useBackend();",
        'const long = new training.Training(training.resolveConfig("cartpole", "dmo", 2));',
        "for await (const { epoch } of long.rows()) console.log(epoch);",
      ].join("\n"),
    );
    await command("notebook:run-cell");
    await until(async () => (await cells())[2].outputs.includes("stream"));
    const asked = performance.now();
    await command("notebook:interrupt-kernel");
    await until(async () => (await cells())[2].outputs.includes("error"));
    expect(performance.now() - asked).toBeLessThan(2000);
    await until(async () => (await kernelStatus()) === "idle");
    await edit(2, '// a comment\nthrow new RangeError("too far");');
    await command("notebook:run-cell");
    const failure = page.locator(".jp-Notebook .jp-mod-active .jp-OutputArea-output", { hasText: "RangeError" });
    await failure.waitFor();
    expect(await failure.innerText()).toMatch(/RangeError.*too far[^]*Cell \d+, line 2/);
    await edit(2, "long.con");
    await page.locator(".jp-Notebook .jp-mod-active .cm-content").click();
    await page.keyboard.press("End");
    const completed = page
      .locator(".jp-Completer", { hasText: "config" })
      .or(page.locator(".cm-content", { hasText: /^long\.config$/ }))
      .first();
    // JupyterLab waits a second for an answer, then one has to ask again: the first one may take longer.
    await until(async () => {
      await page.keyboard.press("Tab");
      await sleep(1000);
      return completed.isVisible();
    });
  });
});

async function startLab(python: string): Promise<string> {
  const options = [
    ...[
      "--no-browser",
      "--expose-app-in-browser",
      "--ServerApp.port=0",
      `--ServerApp.root_dir=${folder}`,
      `--IdentityProvider.token=${TOKEN}`,
    ],
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
  lab = spawn(python, ["-m", "jupyterlab", ...options], { stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  for await (const chunk of lab.stderr!) {
    output += String(chunk);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
    if (url) {
      lab.stderr!.resume();
      return url;
    }
  }
  throw new Error(`JupyterLab did not start:\n${output}`);
}

/** What a notebook says beside its code, a text for each cell. */
const markdownOf = (name: string): string[] =>
  (
    JSON.parse(readFileSync(join("notebooks", name), "utf8")) as { cells: { cell_type: string; source: string[] }[] }
  ).cells
    .filter(({ cell_type }) => cell_type === "markdown")
    .map(({ source }) => [source].flat().join(""));

/** Runs a command of JupyterLab's, as its menus do. */
const command = (name: string, args: object = {}): Promise<void> =>
  page.evaluate(`void jupyterapp.commands.execute("${name}", ${JSON.stringify(args)})`);

const kernelStatus = (): Promise<string | undefined> =>
  page.evaluate("jupyterapp.shell.currentWidget?.sessionContext.session?.kernel?.status");

type CellState = { count: number | null; outputs: string[] };

/** The code cells of the notebook: their execution counts, and the kinds of what they show. */
const cells = (): Promise<CellState[]> =>
  page.evaluate(`[...jupyterapp.shell.currentWidget.content.model.cells]
    .filter((cell) => cell.type === "code")
    .map((cell) => ({
      count: cell.executionCount,
      outputs: cell.outputs.toJSON().map((output) => output.output_type),
    }))`);

/** Writes into a code cell, by its number from 0, and makes it the active one. */
async function edit(index: number, source: string): Promise<void> {
  await show(index);
  await page.evaluate(
    `jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource(${JSON.stringify(source)})`,
  );
}

/** Scrolls to a code cell, by its number from 0. */
const show = (index: number): Promise<void> =>
  page.evaluate(`(() => {
    const { content } = jupyterapp.shell.currentWidget;
    const at = [...content.model.cells].flatMap((cell, i) => (cell.type === "code" ? [i] : []))[${index}];
    content.activeCellIndex = at;
    return content.scrollToItem(at, "start");
  })()`);

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(500);
}
