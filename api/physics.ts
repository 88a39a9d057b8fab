/** Robots as models, symbols and what is generated of them; the differentiable engine and MuJoCo. */
export { parseModel, readModel } from "@dmo-lab/mujoco/mjcf";
export { type MjcfOptions } from "@dmo-lab/mujoco/mjcf-options";
export { MujocoEngine, mujocoPhysics, type MujocoExtras, type MujocoOptions } from "@dmo-lab/mujoco/mujoco-engine";
export {
  type Coordinates,
  type DifferentiableEngine,
  type Engine,
  type Variation,
  type Variations,
} from "@dmo-lab/physics/engine";
export {
  Expr,
  add,
  clip,
  cos,
  div,
  floor,
  less,
  max,
  min,
  mul,
  neg,
  select,
  sin,
  sqrt,
  sub,
  sum,
  type Op,
  type Scalar,
} from "@dmo-lab/physics/expression";
export {
  type Actuator,
  type ContactPoint,
  type Control,
  type Form,
  type Joint,
  type JointType,
  type Link,
  type Material,
  type Mesh,
  type Meshes,
  type MjcfText,
  type Model,
  type Motor,
  type Muscle,
  type Point,
  type Quaternion,
  type Shape,
} from "@dmo-lab/physics/model";
export { Simulator } from "@dmo-lab/physics/simulator";
export {
  buildTree,
  type Attachment,
  type KinematicTree,
  type LinkFrame,
  type MuscleSegment,
  type TreeLink,
} from "@dmo-lab/physics/tree";
