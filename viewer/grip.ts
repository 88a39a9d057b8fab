import { ArrowHelper, type Camera, type Object3D, Plane, Raycaster, Vector2, Vector3 } from "three";

/** Speed for every metre that the pointer was dragged [1/s]. */
const GAIN = 4;

/** Lets the user take hold of a robot and push it: dragging it gives it a velocity, which an arrow shows until then. */
export class Grip {
  private readonly ray = new Raycaster();
  private readonly plane = new Plane();
  private readonly arrow = new ArrowHelper(undefined, undefined, 0, "#c4591b");
  private readonly from = new Vector3();
  private begin?: PointerEvent;

  /**
   * @param bodies that can be taken hold of
   * @param push is told the change of velocity, in the axes of `world` [m/s]
   * @param changed is called when there is something else to see
   */
  constructor(
    private readonly element: HTMLElement,
    private readonly camera: Camera,
    private readonly world: Object3D,
    private readonly bodies: readonly Object3D[],
    private readonly push: (velocity: Vector3) => void,
    private readonly changed: () => void,
  ) {
    // Before the camera's controls, which get what does not begin at the robot.
    element.addEventListener("pointerdown", (event) => this.take(event), { capture: true });
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", (event) => this.release(event));
    element.addEventListener("pointercancel", () => this.drop());
  }

  private take(event: PointerEvent): void {
    const hit = this.hit(event);
    if (!hit) return;
    event.stopImmediatePropagation();
    this.element.setPointerCapture(event.pointerId);
    this.from.copy(hit);
    this.begin = event;
    this.world.parent!.add(this.arrow);
    this.point(new Vector3());
  }

  private move(event: PointerEvent): void {
    if (this.begin) this.point(this.drag(event));
    else this.element.style.cursor = event.buttons === 0 && this.hit(event) ? "pointer" : "";
  }

  private release(event: PointerEvent): void {
    if (!this.begin) return;
    const velocity = this.drag(event).multiplyScalar(GAIN);
    this.push(velocity.applyQuaternion(this.world.quaternion.clone().invert()));
    this.drop();
  }

  private drop(): void {
    this.begin = undefined;
    this.arrow.removeFromParent();
    this.changed();
  }

  private point(along: Vector3): void {
    this.arrow.position.copy(this.from);
    if (along.length() > 0) this.arrow.setDirection(along.clone().normalize());
    this.arrow.setLength(Math.max(along.length(), 1e-3), 0.08, 0.05);
    this.changed();
  }

  /** From where the robot was taken to the pointer, in the plane of the picture as it is now: the camera may have moved along. */
  private drag(event: PointerEvent): Vector3 {
    this.plane.setFromNormalAndCoplanarPoint(this.camera.getWorldDirection(new Vector3()), this.from);
    const [from, to] = [this.begin!, event].map((at) => {
      this.aim(at);
      return this.ray.ray.intersectPlane(this.plane, new Vector3()) ?? new Vector3();
    });
    return to.sub(from);
  }

  private hit(event: PointerEvent): Vector3 | undefined {
    this.aim(event);
    return this.ray.intersectObjects([...this.bodies])[0]?.point;
  }

  private aim({ clientX, clientY }: PointerEvent): void {
    const { left, top, width, height } = this.element.getBoundingClientRect();
    const place = new Vector2((2 * (clientX - left)) / width - 1, 1 - (2 * (clientY - top)) / height);
    this.ray.setFromCamera(place, this.camera);
  }
}
