/** What MuJoCo derives from a model's numbers. */
import type { MainModule, MjData, MjModel } from "mujoco-js";
import { arrays } from "./mujoco.js";

/** Derives it now, and returns what derives it anew when masses or inertias have changed. */
export function constantsOf(mujoco: MainModule, model: MjModel, data: MjData): () => void {
  mujoco.mj_setConst(model, data);
  const turning = turningBodies(model);
  const derive = () => {
    mujoco.mj_setConst(model, data);
    const { body_invweight0: weights } = arrays(model);
    for (const { body, reach } of turning) weights[2 * body] = weights[2 * body + 1] * reach ** 2;
  };
  derive();
  return derive;
}

/**
 * Bodies that turn about their centre of mass only (the first links of Allegro's fingers), and how far their geoms reach [m].
 * The stiffness of a contact goes by how easily forces move its bodies, `body_invweight0`: [1/kg] at the centre of mass and
 * [1/(kg m^2)] in turning. These have a 0 at the first, contacts between two of them are rigid, and a touch becomes
 * 1e15 rad/s; so they get the weight of a point at their reach.
 */
function turningBodies(model: MjModel): { body: number; reach: number }[] {
  const { body_invweight0: weights, body_ipos, geom_pos, geom_rbound, geom_bodyid } = arrays(model);
  const reaches = new Float64Array(model.nbody);
  for (let geom = 0; geom < model.ngeom; geom++) {
    const body = geom_bodyid[geom];
    const offset = Math.hypot(...[0, 1, 2].map((k) => geom_pos[3 * geom + k] - body_ipos[3 * body + k]));
    reaches[body] = Math.max(reaches[body], offset, geom_rbound[geom]);
  }
  return Array.from(reaches, (reach, body) => ({ body, reach })).filter(
    ({ body, reach }) => weights[2 * body] < 1e-6 * weights[2 * body + 1] * reach ** 2,
  );
}
