/** What a model file says of the physics that both engines here do otherwise, in the words of whoever reads a model's table. */
import type { MjcfModel } from "./mjcf-compiled.js";
import { range } from "./mujoco.js";

/** MuJoCo's enumeration. */
const INTEGRATORS = ["Euler", "RK4", "implicit", "implicitfast"] as const;

/** MuJoCo's parameters of soft constraints where a file sets none. */
const DEFAULTS = { solref: [0.02, 1], solimp: [0.9, 0.95, 0.001, 0.5, 2], margin: [0], gap: [0] };

export function notesOf(compiled: MjcfModel): string[] {
  const { m } = compiled;
  const integrator = INTEGRATORS[m.opt.integrator];
  const geoms = compiled.has("contact")
    ? range(0, m.ngeom).filter((i) => m.geom_contype[i] || m.geom_conaffinity[i])
    : [];
  const joints = compiled.has("limit") ? range(0, m.njnt).filter((joint) => m.jnt_limited[joint]) : [];
  const torsion = geoms.some((geom) => m.geom_condim[geom] > 3);
  const soft = differs(geoms, DEFAULTS.solref, m.geom_solref) || differs(geoms, DEFAULTS.solimp, m.geom_solimp);
  const wide = differs(geoms, DEFAULTS.margin, m.geom_margin) || differs(geoms, DEFAULTS.gap, m.geom_gap);
  const limits = differs(joints, DEFAULTS.solref, m.jnt_solref) || differs(joints, DEFAULTS.solimp, m.jnt_solimp);
  const early = differs(joints, DEFAULTS.margin, m.jnt_margin);
  const notes: [boolean, string][] = [
    [integrator !== "Euler", `integrator ${integrator}: it is semi-implicit Euler here`],
    [!compiled.has("eulerdamp"), "flag eulerdamp: MuJoCo's joint damping is implicit here"],
    [geoms.length > 0 && m.opt.cone !== 0, "elliptic friction cones: they are pyramids in MuJoCo here"],
    [torsion, "torsional and rolling friction (condim 4, 6): contact here only slides"],
    [soft || wide, "softness and margin of contacts (solref, solimp, margin, gap): they are the engine's here"],
    [limits || early, "softness and margin of limits (solref, solimp, margin): they are the engine's here"],
  ];
  return notes.flatMap(([said, note]) => (said ? [note] : []));
}

const differs = (items: readonly number[], usual: readonly number[], values: ArrayLike<number>): boolean =>
  items.some((i) => usual.some((x, k) => values[usual.length * i + k] !== x));
