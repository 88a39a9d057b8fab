import { readFileSync } from "node:fs";
import type { Model } from "@dmo-lab/physics/model";
import { packageFile } from "../lib/project.js";

/** The model record of that name in `data/models/`. */
export const loadModel = (name: string): Model =>
  JSON.parse(readFileSync(packageFile(`data/models/${name}.json`), "utf8")) as Model;
