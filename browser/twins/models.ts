/** The records of the page's robots, in its script: what `lib/tasks/models.ts` is elsewhere. */
import type { Model } from "@dmo-lab/physics/model";
import ant from "../../data/models/ant.json";
import cartpole from "../../data/models/cartpole.json";
import cheetah from "../../data/models/cheetah.json";
import hopper from "../../data/models/hopper.json";

const records: { readonly [name: string]: unknown } = { cartpole, hopper, cheetah, ant };

export const loadModel = (name: string): Model => records[name] as Model;
