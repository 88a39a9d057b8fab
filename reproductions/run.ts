// npm run reproduce: draws every figure from committed data into reproductions/figures/.
import { mkdirSync, writeFileSync } from "node:fs";
import { packageFile, report, study } from "../lib/index.js";
import { besideTheAuthors } from "./beside-the-authors.js";

/** Titles of figures by the result that they show. */
const comparisons = {
  "hopper/dmo/seed1": "DMO on Hopper",
  "hopper/shac/seed1": "SHAC on Hopper",
  "cartpole/shac/seed1": "SHAC on CartPole swing-up",
};

const folder = packageFile("reproductions/figures");
mkdirSync(folder, { recursive: true });
for (const [run, title] of Object.entries(comparisons)) {
  const result = study.readResult(packageFile(`data/results/${run}`));
  const picture = await report.figurePng(besideTheAuthors(result, title), { width: 900, height: 420 });
  const file = `${folder}/${run.replaceAll("/", "-")}.png`;
  writeFileSync(file, picture);
  console.log(file);
}
