/**
 * The model record: a tree of rigid links with contact points, as plain data (JSON), in SI units. A robot of the
 * benchmark, a robot read from MJCF and a robot typed by hand are all this record.
 */

/** Coordinates x, y, z, or another vector with world or link axes. */
export type Point = readonly [number, number, number];
/** A rotation (x, y, z, w); it need not be normalised. */
export type Quaternion = readonly [number, number, number, number];

/** How a link can move: freely, along or about an axis, about a point, not at all. */
export const jointTypes = ["free", "slide", "hinge", "ball", "fixed"] as const;
/** One of {@link jointTypes}. */
export type JointType = (typeof jointTypes)[number];

/** How a link moves in its parent. Forces of slide and hinge: -stiffness (q - target) - damping qd, and the limits. */
export interface Joint {
  /** How the link can move. */
  readonly type: JointType;
  /** Where the joint's frame is in the parent link's frame [m]; default: at its origin. */
  readonly position?: Point;
  /** How the joint's frame stands in the parent link's frame; default: as that. */
  readonly rotation?: Quaternion;
  /** Slide, hinge: unit vector in the joint's frame. */
  readonly axis?: Point;
  /** Added to the mass matrix's diagonal [kg or kg m^2]; slide, hinge, ball. */
  readonly armature?: number;
  /** [N s/m or N m s/rad]; slide, hinge, ball. */
  readonly damping?: number;
  /** [N/m or N m/rad]; slide, hinge, ball (there times the quaternion's vector part). */
  readonly stiffness?: number;
  /** Slide, hinge: rest position of the spring [m or rad]. */
  readonly target?: number;
  /** Slide, hinge: dry friction [N or N m], against any motion. */
  readonly frictionloss?: number;
  /** Slide, hinge: a spring beyond the limits [m or rad], with its stiffness [N/m or N m/rad]. */
  readonly limits?: { readonly lower: number; readonly upper: number; readonly stiffness: number };
}

/** A rigid body of a robot, and the joint by which it hangs on its parent. */
export interface Link {
  /** No two links of a robot have the same. */
  readonly name: string;
  /** Name of a link before this one; absent: the world. */
  readonly parent?: string;
  /** How it moves in its parent. */
  readonly joint: Joint;
  /** [kg], default 0. */
  readonly mass?: number;
  /** Centre of mass in the link's frame [m], which is the joint's frame moved by the joint. */
  readonly com?: Point;
  /** About the centre of mass in the link's axes: xx, yy, zz, xy, xz, yz [kg m^2]. */
  readonly inertia?: readonly [number, number, number, number, number, number];
}

/** Penalty contact with the ground at depth e: normal force (ke + kd max(-v_n, 0)) e, friction up to mu ke e. */
export interface Material {
  /** Stiffness [N/m]. */
  readonly ke: number;
  /** Damping [N s/m^2]. */
  readonly kd: number;
  /** Slope of the friction at rest [N s/m]. */
  readonly kf: number;
  /** Coefficient of friction. */
  readonly mu: number;
}

/** A sphere of the link that touches the ground: a sphere's or a capsule end's centre, or (radius 0) a box's corner. */
export interface ContactPoint {
  /** Name of the link that it is fixed to. */
  readonly link: string;
  /** Its centre in the link's frame [m]. */
  readonly position: Point;
  /** [m]; 0 for a point. */
  readonly radius: number;
  /** Name of one of the model's materials. */
  readonly material: string;
}

/** What a component of the action, in [-1, 1], drives. */
export type Actuator = Motor | Muscle | Control;

/** A motor on a slide or hinge joint: force = strength * action. */
export interface Motor {
  /** Name of the link whose joint it drives. */
  readonly link: string;
  /** Force or torque at action 1 [N or N m]. */
  readonly strength: number;
}

/** A string through points fixed to links. Its tension strength * (action + 1) / 2 pulls neighbouring points together. */
export interface Muscle {
  /** As viewers and tables name it. */
  readonly name: string;
  /** Tension at action 1 [N]. */
  readonly strength: number;
  /** The points that the string goes through, each in its link's frame [m]. */
  readonly path: readonly { readonly link: string; readonly position: Point }[];
}

/** An actuator of a file that MuJoCo runs: a servo, a thruster, a tendon's drive, ... */
export interface Control {
  /** As the file names it. */
  readonly name: string;
  /** What it is, such as "target angle of joint knee". */
  readonly control: string;
  /** Of the range below, such as rad. */
  readonly unit: string;
  /** What actions -1 and 1 are, in that unit. */
  readonly range: readonly [low: number, high: number];
  /** Numbers of its own state, which follow the coordinates in q; absent: none. */
  readonly activations?: number;
}

/** Numbers of the actuators' own state, which follow the coordinates in q. */
export const activationsOf = ({ actuators }: Pick<Model, "actuators">): number =>
  actuators.reduce((sum, each) => sum + (isControl(each) ? (each.activations ?? 0) : 0), 0);

/** Whether an actuator is a muscle: it has a path. */
export const isMuscle = (actuator: Actuator): actuator is Muscle => "path" in actuator;

/** Whether an actuator is one of those that only MuJoCo runs. */
export const isControl = (actuator: Actuator): actuator is Control => "control" in actuator;

/** An actuator's name; a motor has that of the link that it moves. */
export const actuatorName = (actuator: Actuator): string => ("link" in actuator ? actuator.link : actuator.name);

/** Something to see, in a link's frame; the physics ignores it. */
export type Shape = {
  /** Name of the link that it moves with. */
  readonly link: string;
  /** As in CSS; absent: the viewer chooses. */
  readonly color?: string;
} & Form;

/**
 * Lengths in m. A capsule has its half-spheres' centres at `from` and `to`, a cylinder the centres of its ends; a box is given
 * by the lengths of its edges, an ellipsoid by its half-axes.
 */
export type Form =
  | { readonly type: "sphere"; readonly radius: number; readonly position?: Point }
  | { readonly type: "capsule"; readonly radius: number; readonly from: Point; readonly to: Point }
  | { readonly type: "cylinder"; readonly radius: number; readonly from: Point; readonly to: Point }
  | { readonly type: "ellipsoid"; readonly radii: Point; readonly position?: Point; readonly rotation?: Quaternion }
  | { readonly type: "box"; readonly size: Point; readonly position?: Point; readonly rotation?: Quaternion }
  | { readonly type: "mesh"; readonly mesh: string; readonly position?: Point; readonly rotation?: Quaternion };

/** A surface: coordinates x, y, z of its vertices [0.1 mm], and three indices of vertices for every triangle. */
export type Mesh = {
  /** [3 * vertices]. */
  readonly vertices: readonly number[];
  /** Indices from 0, [3 * triangles]. */
  readonly triangles: readonly number[];
};
/** Surfaces by their names, which shapes refer to. */
export type Meshes = { readonly [name: string]: Mesh };

/** Text of an MJCF file; the files that it names are looked for beside `file`. */
export type MjcfText = {
  /** Of the file. */
  readonly text: string;
  /** Its path, absolute or from the working directory. */
  readonly file: string;
};

/** A robot and the ground that it moves on. */
export interface Model {
  /** Of the robot. */
  readonly name: string;
  /** The vertical axis; the ground is the plane through the origin. */
  readonly up: "y" | "z";
  /** Acceleration in world axes [m/s^2]. */
  readonly gravity: Point;
  /** Control step [s]: so long an action holds. */
  readonly timeStep: number;
  /** Steps of the integrator in a control step. */
  readonly substeps: number;
  /** After so many substeps, a divisor of them, the mass matrix is renewed; default: once in a control step. */
  readonly massMatrixEvery?: number;
  /** Bodies and their joints, parents before their children; coordinates and velocities come in this order. */
  readonly links: readonly Link[];
  /** What contact points are made of, by name. */
  readonly materials: { readonly [name: string]: Material };
  /** What touches the ground. */
  readonly contacts: readonly ContactPoint[];
  /** What the components of an action drive, in this order. */
  readonly actuators: readonly Actuator[];
  /** What viewers show; absent: a ball at each link. */
  readonly shapes?: readonly Shape[];
  /** The {@link Meshes} that shapes name, or a JSON file of them. */
  readonly meshes?: string | Meshes;
  /** The MJCF that says what this record does not: MuJoCo runs it, and no other engine can. */
  readonly mjcf?: MjcfText;
  /** What the engines do otherwise than the file that the record was read from. */
  readonly notes?: readonly string[];
}

/** Numbers of a joint in q and in qd. */
export const jointSizes: Record<JointType, readonly [q: number, qd: number]> = {
  free: [7, 6],
  ball: [4, 3],
  slide: [1, 1],
  hinge: [1, 1],
  fixed: [0, 0],
};
