// A notebook's page whose cells run in a worker, as the site has it: without its text.
import { copyFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { bundleCells, bundleCellsPage, cellsOf } from "../scripts/docs/cells.mjs";

/** Writes the page of a notebook, given as its text, and its scripts into a folder; gives its file. */
export async function writeCellsPage(folder: string, notebook: string): Promise<string> {
  const places = PLACE.repeat(cellsOf(notebook).length);
  const body = `<dmo-cells notebook="it"></dmo-cells>${places}<script src="cells.js"></script>`;
  await bundleCells(process.cwd(), notebook, join(folder, "cells-it.js"));
  await bundleCellsPage(process.cwd(), join(folder, "cells.js"));
  copyFileSync("dist/viewer/viewer.js", join(folder, "replay.js"));
  copyFileSync(createRequire(import.meta.url).resolve("plotly.js-basic-dist-min"), join(folder, "plotly.js"));
  const page = join(folder, "index.html");
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><body>${body}</body>`);
  return page;
}

const PLACE = '<div class="cell"><div class="highlight"></div><pre>kept output</pre></div>';
