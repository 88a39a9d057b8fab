/** What can be asked of the reader of model files. */
import {
  check,
  dictionary,
  flag,
  notNegative,
  number,
  oneName,
  optional,
  positive,
  record,
  whole,
} from "@dmo-lab/input/schema";
import type { Material } from "@dmo-lab/physics/model";
import type { UrdfOptions } from "./mjcf-urdf.js";

/** What MJCF does not say about a penalty simulator. */
export interface MjcfOptions extends UrdfOptions {
  /** Control step [s] (default 1/60). */
  readonly timeStep?: number;
  /** Steps of the integrator in a control step (default 16). */
  readonly substeps?: number;
  /** Contact with the ground (default ke 2e4, kd 1e3, kf 1e3); the coefficient of friction is the file's. */
  readonly contact?: Omit<Material, "mu">;
  /** Stiffness beyond joint limits [N/m or N m/rad] (default 1e3). */
  readonly limitStiffness?: number;
  /** The engines know contact with the ground alone: contact between bodies that touch in MuJoCo is refused, or left out. */
  readonly contactBetweenBodies?: "refuse" | "ignore";
  /**
   * For a task that MuJoCo runs from this very file: what the differentiable simulator does not have is left out of the
   * record instead of refused, and so is contact. Its joints, motors and shapes are the file's.
   */
  readonly mujocoOnly?: boolean;
}

export type FilledOptions = Required<Omit<MjcfOptions, keyof UrdfOptions>>;

export const defaults: FilledOptions = {
  timeStep: 1 / 60,
  substeps: 16,
  contact: { ke: 2e4, kd: 1e3, kf: 1e3 },
  limitStiffness: 1e3,
  contactBetweenBodies: "refuse",
  mujocoOnly: false,
};

const optionsSchema = record({
  timeStep: optional(positive),
  substeps: optional(whole(1, 1000)),
  contact: optional(record({ ke: notNegative, kd: notNegative, kf: notNegative })),
  limitStiffness: optional(notNegative),
  contactBetweenBodies: optional(oneName("refuse", "ignore")),
  mujocoOnly: optional(flag),
  freeRoot: optional(flag),
  motors: optional(dictionary(number)),
});

/** @throws InputError that names the file, the option, its value and what is allowed */
export const checkOptions = (options: MjcfOptions, file: string): void =>
  void check(optionsSchema, options, `${file}: options`);
