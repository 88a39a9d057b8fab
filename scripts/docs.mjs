/**
 * Builds README, docs and notebooks as a site that needs no network: npm run docs [-- --out FOLDER], without FOLDER to
 * site/. Exit status 1 if a link leads nowhere or a formula cannot be set.
 */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundlePage, bundleReader, bundleSearch } from "./docs/bundle.mjs";
import { bundleCells, bundleCellsPage } from "./docs/cells.mjs";
import { formulaStyle, withFormulas } from "./docs/formulas.mjs";
import { writeReference } from "./docs/reference.mjs";
import { SetupError } from "./setup/errors.mjs";
import { filesBelow } from "./setup/files.mjs";
import { runAlone } from "./setup/main.mjs";
import { run } from "./setup/process.mjs";
import { ensurePython } from "./setup/python.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: join(root, "site") } } });
const out = resolve(values.out);

/** Notebooks whose pages run their cells. */
const RUNNING = ["01_quickstart", "04_decoupled_gradients"];

await runAlone(root, async () => {
  const python = await ensurePython(root);
  const { code, stderr } = await run(python, [join(root, "scripts", "docs", "site.py"), root, out, ...RUNNING]);
  if (code !== 0) throw new SetupError(stderr.trim());
  const pages = filesBelow(out).filter((file) => file.endsWith(".html"));
  for (const page of pages) setFormulas(page);
  await writeAssets();
  await writeReference(root, join(out, "reference"));
  console.log(`${pages.length} pages: open ${join(out, "index.html")}`);
});

/** @param {string} page */
function setFormulas(page) {
  try {
    writeFileSync(page, withFormulas(readFileSync(page, "utf8")));
  } catch (error) {
    throw new SetupError(`${relative(out, page)}: ${/** @type {Error} */ (error).message}`);
  }
}

/** Scripts and styles that pages share. */
async function writeAssets() {
  const { resolve: find } = createRequire(import.meta.url);
  writeFileSync(join(out, "assets", "katex.css"), formulaStyle(dirname(find("katex"))));
  copyFileSync(find("plotly.js-basic-dist-min"), join(out, "assets", "plotly.js"));
  copyFileSync(join(root, "dist", "viewer", "viewer.js"), join(out, "assets", "replay.js"));
  await bundleSearch(root, join(out, "assets", "search.js"));
  await bundlePage(root, join(out, "assets", "try.js"));
  await bundleReader(root, join(out, "assets", "mjcf.js"));
  await bundleCellsPage(root, join(out, "assets", "cells.js"));
  for (const name of RUNNING) {
    const notebook = readFileSync(join(root, "notebooks", `${name}.ipynb`), "utf8");
    await bundleCells(root, notebook, join(out, "assets", `cells-${name}.js`));
  }
}
