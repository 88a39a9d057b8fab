/** A recorded episode as a strip of pictures, seen from the side: for where nothing moves. */
import type { Mesh } from "@dmo-lab/physics/model";
import { apply3, rotation, type Quat, type Vec3 } from "@dmo-lab/physics/vector";
import { COLOURS } from "./panels.js";
import type { Recording } from "./recording.js";

/** A recording without what its rewards came to. */
type Episode = Omit<Recording, "return" | "endedEarly">;

type Point2 = readonly [x: number, y: number];
type Point3 = readonly number[];

const PANEL = { width: 126, height: 126, gap: 8 };
const CAPTION = 22;
const [SKY, GROUND, INK, WORLD] = ["#f4f6f8", "#d9d4ca", "#5b6470", "#9aa4b0"];

/**
 * Moments from start to end, side by side, as SVG of the given size [CSS pixels]. The camera moves along with the
 * robot.
 * @param recording one frame or more @param count how many moments, evenly spaced
 */
export function filmStrip(recording: Episode, count = 6): { svg: string; width: number; height: number } {
  const moments = Array.from({ length: count }, (_, i) =>
    Math.round((i * (recording.frames - 1)) / Math.max(1, count - 1)),
  );
  const camera = cameraOf(recording);
  const panels = moments.map((frame, i) => {
    const time = `${(frame * recording.dt).toFixed(1)} s`;
    return `<g transform="translate(${i * (PANEL.width + PANEL.gap)},0)">${panel(recording, frame, camera)}
<text x="${PANEL.width / 2}" y="${PANEL.height + 16}" text-anchor="middle" font-size="12" fill="${INK}">${time}</text></g>`;
  });
  const width = count * (PANEL.width + PANEL.gap) - PANEL.gap;
  const height = PANEL.height + CAPTION;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="Open Sans">`;
  const clip = `<clipPath id="panel"><rect width="${PANEL.width}" height="${PANEL.height}" rx="6"/></clipPath>`;
  return { svg: `${head}${clip}${panels.join("\n")}</svg>`, width, height };
}

/** Pixels for a metre, and the height in the panel's middle: so that the robot is whole at every moment. */
type Camera = { scale: number; middle: number };

function cameraOf(recording: Episode): Camera {
  const moving = recording.shapes.filter(({ body }) => !recording.fixed.includes(body));
  let [low, high, wide] = [Infinity, -Infinity, 0.1];
  for (let frame = 0; frame < recording.frames; frame++) {
    const focus = sideView(recording, positionOf(recording, frame, recording.focus));
    for (const shape of moving)
      for (const { at, radius } of outline(recording, frame, shape)) {
        const [x, y] = sideView(recording, at);
        [low, high] = [Math.min(low, y - radius), Math.max(high, y + radius)];
        wide = Math.max(wide, Math.abs(x - focus[0]) + radius);
      }
  }
  return { scale: PANEL.height / (1.1 * Math.max(high - low, 2 * wide)), middle: (low + high) / 2 };
}

function panel(recording: Episode, frame: number, { scale, middle }: Camera): string {
  const focus = sideView(recording, positionOf(recording, frame, recording.focus))[0];
  const pixel = ([x, y]: Point2): Point2 => [
    PANEL.width / 2 + scale * (x - focus),
    PANEL.height / 2 - scale * (y - middle),
  ];
  const ground = pixel([0, 0])[1];
  const shapes = recording.shapes
    .map((shape) => ({ shape, points: outline(recording, frame, shape) }))
    .sort((a, b) => depth(recording, a.points) - depth(recording, b.points))
    .map(({ shape, points }) => {
      const fixed = recording.fixed.includes(shape.body);
      const colour = shape.color ?? (fixed ? WORLD : COLOURS[shape.body % COLOURS.length]);
      return draw(
        points.map(({ at, radius }) => ({ at: pixel(sideView(recording, at)), radius: radius * scale })),
        colour,
      );
    });
  const muscles = recording.muscles.map(({ path }) => {
    const points = path.map(({ body, position }) => pixel(sideView(recording, toWorld(recording, frame, body, position)))); // prettier-ignore
    return `<polyline points="${points.map((point) => point.map((c) => c.toFixed(1)).join()).join(" ")}" fill="none" stroke="${MUSCLE}" stroke-width="0.5"/>`;
  });
  return `<g clip-path="url(#panel)"><rect width="${PANEL.width}" height="${PANEL.height}" fill="${SKY}"/>
<rect y="${ground}" width="${PANEL.width}" height="${PANEL.height}" fill="${GROUND}"/>${shapes.join("")}${muscles.join("")}</g>`;
}

const MUSCLE = "#b0473e";

/**
 * A shape is drawn as the hull of discs around these points of the world: a sphere has one, a capsule two, a box eight,
 * others their outermost.
 */
type Disc<P> = { at: P; radius: number };

function outline(recording: Episode, frame: number, shape: Episode["shapes"][number]): Disc<Point3>[] {
  const world = (point: Point3): Point3 => toWorld(recording, frame, shape.body, point);
  if (shape.type === "sphere") return [{ at: world(shape.position ?? [0, 0, 0]), radius: shape.radius }];
  if (shape.type === "capsule") return [shape.from, shape.to].map((at) => ({ at: world(at), radius: shape.radius }));
  if (shape.type === "cylinder")
    return rims(shape.from, shape.to, shape.radius).map((at) => ({ at: world(at), radius: 0 }));
  const { position = [0, 0, 0], rotation: turn = [0, 0, 0, 1] } = shape;
  const corners = cornersOf(shape, recording);
  return corners.map((corner) => ({ at: world(rotate(turn, corner).map((c, i) => c + position[i])), radius: 0 }));
}

function cornersOf(shape: Extract<Episode["shapes"][number], { rotation?: unknown }>, { meshes }: Episode): Point3[] {
  if (shape.type === "mesh") return outermost(meshes[shape.mesh]);
  const unit =
    shape.type === "box" ? grid([-0.5, 0.5]) : grid([-1, 0, 1]).filter((corner) => Math.hypot(...corner) > 0);
  if (shape.type === "box") return unit.map((corner) => corner.map((c, i) => c * shape.size[i]));
  return unit.map((corner) => corner.map((c, i) => (c / Math.hypot(...corner)) * shape.radii[i]));
}

/** Points on the rims of a cylinder. */
function rims(from: Point3, to: Point3, radius: number): Point3[] {
  const along = to.map((x, i) => x - from[i]);
  const across = along.map((x) => Math.abs(x)).indexOf(Math.min(...along.map((x) => Math.abs(x))));
  const first = unitCross(
    along,
    [0, 1, 2].map((i) => Number(i === across)),
  );
  const second = unitCross(along, first);
  const turns = Array.from({ length: 16 }, (_, i) => (i * Math.PI) / 8);
  return [from, to].flatMap((end) =>
    turns.map((turn) => end.map((x, i) => x + radius * (Math.cos(turn) * first[i] + Math.sin(turn) * second[i]))),
  );
}

function unitCross(a: Point3, b: Point3): Point3 {
  const c = [0, 1, 2].map((i) => a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3]);
  return c.map((x) => x / Math.hypot(...c));
}

const grid = (values: readonly number[]): Point3[] =>
  values.flatMap((x) => values.flatMap((y) => values.map((z) => [x, y, z])));

/** The vertices of a mesh [m] that lie furthest along axes and diagonals. */
function outermost({ vertices }: Mesh): Point3[] {
  const along = ([x, y, z]: Point3, at: number): number =>
    x * vertices[at] + y * vertices[at + 1] + z * vertices[at + 2];
  return grid([-1, 0, 1]).map((direction) => {
    let furthest = 0;
    for (let at = 3; at < vertices.length; at += 3)
      if (along(direction, at) > along(direction, furthest)) furthest = at;
    return vertices.slice(furthest, furthest + 3).map((x) => x / 1e4);
  });
}

function toWorld(recording: Episode, frame: number, body: number, point: Point3): Point3 {
  const origin = positionOf(recording, frame, body);
  const at = (frame * recording.bodies.length + body) * 7;
  return rotate([...recording.poses.subarray(at + 3, at + 7)], point).map((c, i) => c + origin[i]);
}

function positionOf(recording: Episode, frame: number, body: number): Point3 {
  const at = (frame * recording.bodies.length + body) * 7;
  return [...recording.poses.subarray(at, at + 3)];
}

/** The physics' algebra over symbols, which gives numbers for numbers. */
const rotate = (quaternion: readonly number[], point: Point3): readonly number[] =>
  apply3(rotation(quaternion as unknown as Quat), point as unknown as Vec3) as readonly number[];

const sideView = ({ up }: Episode, [x, y, z]: Point3): Point2 => [x, up === "y" ? y : z];

/** Larger is nearer to the camera. */
const depth = ({ up }: Episode, discs: readonly Disc<Point3>[]): number =>
  discs.reduce((sum, { at }) => sum + (up === "y" ? at[2] : -at[1]), 0) / discs.length;

function draw(discs: readonly Disc<Point2>[], colour: string): string {
  const corners = hull(discs.map(({ at }) => at));
  const points = corners.map((corner) => corner.map((c) => c.toFixed(1)).join(",")).join(" ");
  const width = Math.max(2 * discs[0].radius, 1).toFixed(1);
  const paint = `fill="${colour}" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round" stroke-linecap="round"`;
  return `<path d="M${points}z" ${paint}/>`;
}

/** The convex hull (Andrew's monotone chain). */
function hull(points: readonly Point2[]): Point2[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const chain = (from: readonly Point2[]): Point2[] => {
    const line: Point2[] = [];
    for (const p of from) {
      while (line.length > 1 && turnsRight(line[line.length - 2], line[line.length - 1], p)) line.pop();
      line.push(p);
    }
    return line.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}

const turnsRight = (a: Point2, b: Point2, c: Point2): boolean =>
  (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0;
