import {
  BoxGeometry,
  BufferGeometry,
  CapsuleGeometry,
  CylinderGeometry,
  Float32BufferAttribute,
  Group,
  Mesh,
  MeshStandardMaterial,
  Quaternion,
  SphereGeometry,
  Vector3,
} from "three";
import { toCreasedNormals } from "three/examples/jsm/utils/BufferGeometryUtils.js";
import type { Scene } from "../tools/report/recording.js";

type Shape = Scene["shapes"][number];

const UP = new Vector3(0, 1, 0);

/** The robot's bodies, each a group of meshes in that body's frame. */
export function buildRobot(scene: Scene): Group[] {
  const groups = scene.bodies.map(() => new Group());
  for (const shape of scene.shapes) {
    const material = new MeshStandardMaterial({ color: shape.color, roughness: 0.5, metalness: 0.05 });
    // Bodies that meet in a joint have surfaces in one place: the later one is drawn.
    Object.assign(material, { polygonOffset: true, polygonOffsetUnits: -40 * shape.body });
    // Bones that would hide their muscles let them shine through.
    if (scene.muscles.length > 0) Object.assign(material, { transparent: true, opacity: 0.4 });
    const mesh = meshOf(shape, material, scene.meshes);
    mesh.castShadow = mesh.receiveShadow = true;
    groups[shape.body].add(mesh);
  }
  return groups;
}

function meshOf(
  shape: Shape,
  material: MeshStandardMaterial,
  meshes: Scene["meshes"],
): Mesh<BufferGeometry, MeshStandardMaterial> {
  switch (shape.type) {
    case "sphere":
      return placed(new Mesh(new SphereGeometry(shape.radius, 48, 32), material), shape.position);
    case "box":
      return placed(new Mesh(new BoxGeometry(...shape.size), material), shape.position, shape.rotation);
    case "mesh":
      return placed(new Mesh(surfaceOf(meshes[shape.mesh]), material), shape.position, shape.rotation);
    case "ellipsoid": {
      const mesh = new Mesh(new SphereGeometry(1, 48, 32).scale(...shape.radii), material);
      return placed(mesh, shape.position, shape.rotation);
    }
    case "cylinder":
    case "capsule": {
      const [from, to] = [new Vector3(...shape.from), new Vector3(...shape.to)];
      const along = to.clone().sub(from);
      const { type, radius } = shape;
      const length = along.length();
      const surface =
        type === "capsule"
          ? new CapsuleGeometry(radius, length, 16, 48)
          : new CylinderGeometry(radius, radius, length, 48);
      const mesh = new Mesh(surface, material);
      mesh.position.copy(from).addScaledVector(along, 0.5);
      mesh.quaternion.setFromUnitVectors(UP, along.normalize());
      return mesh;
    }
  }
}

/** With edges where neighbouring triangles differ by more than this [rad], smooth elsewhere. */
const CREASE = 0.8;

function surfaceOf({ vertices, triangles }: Scene["meshes"][string]): BufferGeometry {
  const surface = new BufferGeometry();
  surface.setAttribute("position", new Float32BufferAttribute(vertices, 3));
  surface.setIndex([...triangles]);
  return toCreasedNormals(surface.scale(1e-4, 1e-4, 1e-4), CREASE);
}

function placed<M extends Mesh>(
  mesh: M,
  position: readonly [number, number, number] = [0, 0, 0],
  rotation: readonly [number, number, number, number] = [0, 0, 0, 1],
): M {
  mesh.position.set(...position);
  mesh.quaternion.copy(new Quaternion(...rotation));
  return mesh;
}
