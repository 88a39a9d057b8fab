import { readFileSync } from "node:fs";
import type { Model } from "../physics/model.js";


/** The model record of that name in `data/models/`. */
export const loadModel = (name: string): Model =>
  JSON.parse(readFileSync(dataPath("models", `${name}.json`), "utf8")) as Model;
