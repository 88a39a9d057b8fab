import { Color, Mesh, MeshLambertMaterial, PlaneGeometry, type Vector3 } from "three";

/** Far enough to vanish in the fog. */
const SIZE = 600;
/** Lines every metre, stronger ones every fifth; the plane moves in whole cells of these. */
const CELL = 5;

/** A plane with a grid that takes shadows and goes with the camera, so that it never ends. */
export class Ground extends Mesh<PlaneGeometry, MeshLambertMaterial> {
  private readonly lines = { value: new Color() };

  constructor() {
    super(new PlaneGeometry(SIZE, SIZE), new MeshLambertMaterial());
    this.rotation.x = -Math.PI / 2;
    this.receiveShadow = true;
    this.material.onBeforeCompile = (shader) => {
      shader.uniforms.gridLines = this.lines;
      shader.vertexShader = shader.vertexShader
        .replace("#include <common>", "#include <common>\nvarying vec2 gridPlace;")
        .replace("#include <begin_vertex>", "#include <begin_vertex>\ngridPlace = position.xy;");
      shader.fragmentShader = shader.fragmentShader
        .replace("#include <common>", `#include <common>\n${GRID}`)
        .replace("#include <color_fragment>", "diffuseColor.rgb = mix(diffuseColor.rgb, gridLines, gridStrength());");
    };
  }

  paint(surface: string, lines: string): void {
    this.material.color.set(surface);
    this.lines.value.set(lines);
  }

  /** Moves under a point, by whole cells. */
  follow({ x, z }: Vector3): void {
    this.position.set(Math.round(x / CELL) * CELL, 0, Math.round(z / CELL) * CELL);
  }
}

const GRID = `
uniform vec3 gridLines;
varying vec2 gridPlace;
float gridLine(float spacing, float width) {
  vec2 place = gridPlace / spacing;
  vec2 change = fwidth(place);
  vec2 distance = abs(fract(place - 0.5) - 0.5);
  vec2 cover = 1.0 - smoothstep(0.5 * change * width, 1.5 * change * width, distance);
  vec2 fade = 1.0 - smoothstep(0.15, 0.5, change);
  return max(cover.x * fade.x, cover.y * fade.y);
}
float gridStrength() {
  return max(0.4 * gridLine(1.0, 0.7), 0.8 * gridLine(${CELL}.0, 1.0));
}`;
