// npm run reproduce: draws every figure from committed data into reproductions/figures/.
import { mkdirSync, writeFileSync } from "node:fs";
import { packageFile, report } from "../lib/index.js";
import { besideTheAuthors, type Comparison } from "./beside-the-authors.js";

const comparisons: Comparison[] = [
  { run: "hopper-dmo-seed1", task: "hopper", algorithm: "dmo", title: "DMO on Hopper" },
  { run: "hopper-shac-seed1", task: "hopper", algorithm: "shac", title: "SHAC on Hopper" },
  { run: "cartpole-shac-seed1", task: "cartpole", algorithm: "shac", title: "SHAC on CartPole swing-up" },
];

const folder = packageFile("reproductions/figures");
mkdirSync(folder, { recursive: true });
for (const comparison of comparisons) {
  const picture = await report.figurePng(besideTheAuthors(comparison), { width: 900, height: 420 });
  const file = `${folder}/${comparison.run}.png`;
  writeFileSync(file, picture);
  console.log(file);
}
