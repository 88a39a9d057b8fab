import type { Model } from "@dmo-lab/physics/model";

/** A model record of `data/models/`, which a task imports: a copy of its own. */
export const modelOf = (record: object): Model => structuredClone(record) as Model;
