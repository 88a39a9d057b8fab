/** What MuJoCo derives from a model's numbers. */
import type { MainModule, MjData, MjModel } from "mujoco-js";

const arrays = (of: MjModel) => of as unknown as Readonly<Record<string, Float64Array>>;

/** To be called when masses or inertias have changed. */
export function deriveConstants(mujoco: MainModule, model: MjModel, data: MjData): void {
  mujoco.mj_setConst(model, data);
  weighTurningBodies(model);
}

/**
 * The stiffness of a contact goes by how easily forces move its bodies, `body_invweight0`: [1/kg] at the centre of mass and
 * [1/(kg m^2)] in turning. A body that turns about its centre of mass only (the first links of Allegro's fingers) has a 0
 * at the first, contacts between two of them are rigid, and a touch becomes 1e15 rad/s. Here it gets the weight of a point
 * as far from the axis as its geoms reach.
 */
function weighTurningBodies(model: MjModel): void {
  const { body_invweight0: weights, body_ipos, geom_pos, geom_rbound, geom_bodyid } = arrays(model);
  const reach = new Float64Array(model.nbody);
  for (let geom = 0; geom < model.ngeom; geom++) {
    const body = geom_bodyid[geom];
    const offset = Math.hypot(...[0, 1, 2].map((k) => geom_pos[3 * geom + k] - body_ipos[3 * body + k]));
    reach[body] = Math.max(reach[body], offset, geom_rbound[geom]);
  }
  reach.forEach((radius, body) => {
    const least = weights[2 * body + 1] * radius ** 2;
    if (weights[2 * body] < 1e-6 * least) weights[2 * body] = least;
  });
}
