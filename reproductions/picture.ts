// Pictures of robots without a browser.
import { type Quat, quatProduct } from "@dmo-lab/physics/vector";
import { report, tasks } from "../api/index.js";

type Picture = { svg: string; width: number; height: number };

const PADDING = 8;
const HEADING = 26;
const NOTE = 24;
const INK = "#333333";

/** From where a robot is seen: turned about the vertical, then tilted towards the eye [degrees]. */
type View = { turn?: number; tilt?: number };

/** The robot of a task where an episode starts. */
export function startPicture(task: string, { turn = 0, tilt = 0 }: View = {}): Picture {
  const definition = tasks.findTask(task);
  const { scene, poses } = report.stageOf(definition);
  const vertical = scene.up === "y" ? [0, 1, 0] : [0, 0, 1];
  const turned = rotated(poses(definition.start().q), vertical, turn);
  const frame = { step: 0, poses: rotated(turned, [1, 0, 0], tilt), values: scene.signals.map(() => NaN) };
  const { svg, width, height } = report.filmStrip({ ...scene, ...report.join([frame]) }, 1);
  return { svg: svg.replace(/<text.*<\/text>/, ""), width, height: height - CAPTION };
}
const CAPTION = 22; // of a strip, with the time

/** Poses [body][x, y, z, quaternion x, y, z, w], all turned about an axis through the origin. */
function rotated(poses: readonly number[], axis: readonly number[], degrees: number): number[] {
  const half = (degrees * Math.PI) / 360;
  const turn = [...axis.map((x) => x * Math.sin(half)), Math.cos(half)];
  const conjugate = [...turn.slice(0, 3).map((x) => -x), turn[3]];
  return Array.from({ length: poses.length / 7 }, (_, body) => poses.slice(7 * body, 7 * body + 7)).flatMap((pose) => [
    ...product(product(turn, [...pose.slice(0, 3), 0]), conjugate).slice(0, 3),
    ...product(turn, pose.slice(3)),
  ]);
}

/** The physics' algebra over symbols, which gives numbers for numbers. */
const product = (a: readonly number[], b: readonly number[]): number[] =>
  quatProduct(a as unknown as Quat, b as unknown as Quat) as unknown as number[];

/** Pictures side by side under their headings, perhaps with a line of text below each. */
export function gallery(pictures: readonly { heading: string; picture: Picture; note?: string }[]): Picture {
  const low = HEADING + Math.max(...pictures.map(({ picture }) => picture.height));
  const height = low + (pictures.some(({ note }) => note) ? NOTE : PADDING);
  let left = PADDING;
  const parts = pictures.map(({ heading, picture, note }) => {
    const middle = left + picture.width / 2;
    const placed = picture.svg.replace("<svg ", `<svg x="${left}" y="${HEADING}" `);
    left += picture.width + PADDING;
    return [text(heading, middle, 18, 13), placed, ...(note ? [text(note, middle, low + 15, 11)] : [])].join("\n");
  });
  return onPaper(left, height, parts);
}

/** The same, one below the other. */
export function stacked(pictures: Parameters<typeof gallery>[0]): Picture {
  const rows = pictures.map((picture) => gallery([picture]));
  const width = Math.max(...rows.map((row) => row.width));
  let top = 0;
  const placed = rows.map(({ svg, height }) => {
    top += height;
    return svg.replace("<svg ", `<svg x="0" y="${top - height}" `);
  });
  return onPaper(width, top, placed);
}

function onPaper(width: number, height: number, parts: readonly string[]): Picture {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="Open Sans">`;
  const paper = `<rect width="${width}" height="${height}" fill="#ffffff"/>`;
  return { svg: `${head}${paper}${parts.join("\n")}</svg>`, width, height };
}

const text = (content: string, x: number, y: number, size: number): string =>
  `<text x="${x}" y="${y}" font-size="${size}" text-anchor="middle" fill="${INK}">${content}</text>`;
