import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chromium, launchBrowser, NO_CHROMIUM, openFile } from "../../tests/browser.js";
import { writeCellsPage } from "../../tests/cells-page.js";

// The notebooks whose pages run, whole: some minutes each, and longer where WebAssembly is slow.
test.skipIf(!chromium).each(["01_quickstart", "04_decoupled_gradients"])(
  `all cells of notebook %s run in its page, its checks included (${NO_CHROMIUM} otherwise)`,
  async (name) => {
    const folder = mkdtempSync(join(tmpdir(), "dmo-lab-cells-"));
    const browser = await launchBrowser();
    try {
      const page = await writeCellsPage(folder, readFileSync(`notebooks/${name}.ipynb`, "utf8"));
      const { page: tab, complaints } = await openFile(browser, page);
      tab.setDefaultTimeout(1_700_000);
      await tab.getByRole("button", { name: "Run all cells" }).click();
      const ended = await tab.waitForSelector('dmo-cells .status:text-matches("failed|All cells ran")');
      expect(await ended.textContent(), await tab.locator(".cell .stderr").allTextContents().then(String)).toBe(
        "All cells ran.",
      );
      expect(complaints.errors).toEqual([]);
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
