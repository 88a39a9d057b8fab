import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@dmo-lab/jit/backend";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveConfig } from "../../lib/training/config.js";
import type { Row } from "../../lib/training/metrics.js";
import { Training } from "../../lib/training/train.js";
import { bundleCells } from "../../scripts/docs/cells.mjs";
import { chromium, launchBrowser, NO_CHROMIUM, openFile } from "../../tests/browser.js";
import { writeCellsPage } from "../../tests/cells-page.js";

// A notebook's page whose cells run in a worker, from the disk as readers open it.

const SETTINGS = [
  "epochs=2",
  "envs=16",
  "horizon=8",
  "dynamics.hidden=16,16",
  "dynamics.initialUpdates=5",
  "dynamics.minReplay=64",
];

const CELLS = [
  `import { notebook, packageFile, report, tasks, tensor, training } from "dmo-lab";
await tensor.useBackend();
const { tf } = tensor;
console.log(tf.tensor1d([1, 2]).sum().dataSync()[0]);`,
  `const rows: training.Row[] = [];
const run = new training.Training(training.resolveConfig("cartpole", "dmo", 3, ${JSON.stringify(SETTINGS)}));
await notebook.watch(run.rows(), (rows) => report.learningCurves([{ name: "DMO", rows }]), rows, 2);
console.log(JSON.stringify(rows));`,
  `const policy = training.Policy.load(packageFile("data/policies/hopper-40-epochs.json"));
notebook.showReplay(report.record(tasks.findTask("hopper"), (obs) => policy.act(obs), { title: "Hopper" }));`,
  `type Line = { name: string; value: number };
const lines: Line[] = [{ name: "<b>a</b>", value: 1 }, { name: "<b>a</b>", value: 4 }];
notebook.showTable(notebook.dataFrame(lines).groupby(["name"]).col(["value"]).mean());`,
  `if (rows.length === 2) throw new Error("as asked");`,
];

const folder = mkdtempSync(join(tmpdir(), "dmo-lab-cells-"));
let page = "";

describe.skipIf(!chromium)(`in a browser (${NO_CHROMIUM} otherwise)`, () => {
  let browser: Browser;
  beforeAll(async () => {
    await useBackend("wasm");
    const cells = CELLS.map((source) => ({ cell_type: "code", source }));
    const markdown = { cell_type: "markdown", source: "import nothing from here;" };
    page = await writeCellsPage(folder, JSON.stringify({ cells: [markdown, ...cells] }));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const press = (tab: Page, name: string) => tab.getByRole("button", { name }).click();
  const says = (tab: Page, text: string) => tab.waitForSelector(`dmo-cells .status:has-text("${text}")`);

  test("cells run in their order, each shows its own below it, and an error ends the run", async () => {
    const { page: tab, complaints } = await openFile(browser, page);
    await press(tab, "Run the next cell");
    await says(tab, "1 of 5 cells ran.");
    expect(await tab.locator(".cell").allTextContents()).toEqual(["3\n", ...Array<string>(4).fill("kept output")]);
    await press(tab, "Run all cells");
    await says(tab, "Cell 5 failed. The next run begins with the first cell.");
    const [, training, replay, table, error] = await tab.locator(".cell").all();
    const rows = JSON.parse((await training.locator("pre.stdout").textContent())!) as Row[];
    const config = resolveConfig("cartpole", "dmo", 3, SETTINGS);
    const here = new Training(config);
    for await (const { epoch, actor_loss } of here.rows()) expect(rows[epoch!].actor_loss).toBe(actor_loss);
    here.dispose();
    expect(await training.locator(".js-plotly-plot .main-svg").count()).toBeGreaterThan(0);
    expect(await replay.locator("dmo-viewer").evaluate((viewer) => viewer.shadowRoot?.textContent)).toContain("Hopper");
    expect(await table.locator("td").allTextContents()).toEqual(["<b>a</b>", "2.5"]);
    expect(await error.textContent()).toBe("as asked");
    expect(complaints.errors).toEqual([]);
    expect(complaints.requests.filter((url) => !url.startsWith("file:"))).toEqual([]);
    await tab.close();
  });

  test("a stop ends the cell that runs, what it said late is not heard, and the next run begins anew", async () => {
    const slow = `console.log("begun"); await new Promise((wake) => setTimeout(wake, 1000)); console.log("late");`;
    const sources = [`console.log("first");`, slow, `await new Promise(() => undefined);`];
    const cells = sources.map((source) => ({ cell_type: "code", source }));
    const { page: tab } = await openFile(
      browser,
      await writeCellsPage(mkdtempSync(join(folder, "slow-")), JSON.stringify({ cells })),
    );
    await press(tab, "Run all cells");
    await tab.waitForSelector('.cell:has-text("begun")');
    await tab.evaluate(() => Object.assign(Worker.prototype, { terminate: () => undefined })); // as if it came too late
    await press(tab, "Stop");
    await tab.waitForTimeout(1500);
    const [first, second] = await tab.locator(".cell").allTextContents();
    expect([first, second]).toEqual(["first\n", "begun\n"]);
    await says(tab, "Stopped: the next run begins with the first cell.");
    await press(tab, "Run the next cell");
    await says(tab, "1 of 3 cells ran.");
    await tab.close();
  });
});

test("a name that the library does not have stops the build", async () => {
  const cells = [{ cell_type: "code", source: 'import { nothing } from "dmo-lab";\nnothing();' }];
  const never = bundleCells(process.cwd(), JSON.stringify({ cells }), join(folder, "never.js"));
  await expect(never).rejects.toThrow('No matching export in "browser/cells/library.ts"');
});
