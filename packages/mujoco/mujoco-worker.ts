/** A thread of the MuJoCo engine: loads the model, then steps its share of the environments in every round. */
import { workerData } from "node:worker_threads";
import { InputError } from "@dmo-lab/input/errors";
import { MujocoBatch } from "./mujoco-batch.js";
import type { Variations } from "@dmo-lab/physics/engine";
import { type MujocoPhysics, MujocoStepper } from "./mujoco-stepper.js";

/** What the thread is given. */
export type WorkerInput = {
  batch: ConstructorParameters<typeof MujocoBatch>;
  physics: MujocoPhysics;
  variations: Variations;
};

const { batch: shared, physics, variations } = workerData as WorkerInput;
const batch = new MujocoBatch(...shared);

async function work(): Promise<void> {
  const stepper = await MujocoStepper.load(physics, batch, variations);
  while (batch.nextRound()) stepper.step();
}

work().catch((error: unknown) => {
  const kind = error instanceof InputError ? "input" : "other";
  batch.fail({ kind, message: error instanceof Error ? error.message : String(error) });
});
