import { Color, type Group, type InterleavedBufferAttribute, Vector3 } from "three";
import { LineMaterial } from "three/addons/lines/LineMaterial.js";
import { LineSegments2 } from "three/addons/lines/LineSegments2.js";
import { LineSegmentsGeometry } from "three/addons/lines/LineSegmentsGeometry.js";
import type { DrawnMuscle } from "../tools/report/recording.js";

const WIDTH = 0.006; // m
const [SLACK, TENSE] = [new Color("#5b7fb5"), new Color("#d7263d")];
const color = new Color();

/** Muscles as strings between bodies, red as far as they pull. */
export class Muscles extends LineSegments2 {
  private readonly ends: { body: Group; position: Vector3; signal: number }[];
  private readonly point = new Vector3();

  constructor(muscles: readonly DrawnMuscle[], bodies: readonly Group[]) {
    super(new LineSegmentsGeometry(), new LineMaterial({ worldUnits: true, linewidth: WIDTH, vertexColors: true }));
    this.ends = muscles.flatMap(({ path, signal }) => {
      const points = path.map(({ body, position }) => ({
        body: bodies[body],
        position: new Vector3(...position),
        signal,
      }));
      return points.slice(1).flatMap((point, i) => [points[i], point]);
    });
    this.geometry.setPositions(new Float32Array(this.ends.length * 3));
    this.geometry.setColors(new Float32Array(this.ends.length * 3));
    this.frustumCulled = false;
    this.visible = muscles.length > 0;
  }

  /** Goes where the bodies are. @param tension of a signal, in [0, 1] */
  update(tension: (signal: number) => number): void {
    const [positions, colors] = ["instanceStart", "instanceColorStart"].map(
      (name) => (this.geometry.getAttribute(name) as InterleavedBufferAttribute).data,
    );
    this.ends.forEach(({ body, position, signal }, i) => {
      this.point
        .copy(position)
        .applyQuaternion(body.quaternion)
        .add(body.position)
        .toArray(positions.array, 3 * i);
      color.lerpColors(SLACK, TENSE, tension(signal)).toArray(colors.array, 3 * i);
    });
    positions.needsUpdate = colors.needsUpdate = true;
  }
}
