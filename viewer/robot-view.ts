import {
  Box3,
  Color,
  DirectionalLight,
  Fog,
  Group,
  HemisphereLight,
  MathUtils,
  PerspectiveCamera,
  Scene,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { Grip } from "./grip.js";
import { Ground } from "./ground.js";
import { Muscles } from "./muscles.js";
import { buildRobot } from "./robot.js";
import type { Theme } from "./theme.js";
import type { Track } from "./track.js";

/** Where camera and light stand, seen from the robot. */
const VIEW = new Vector3(0.36, 0.24, 1).normalize();
const LIGHT = new Vector3(-0.5, 1, 0.6).normalize();
/** A recorded robot that moves further than this many times its size is followed, unless a part of it is fixed to the world. */
const FAR = 3;
const SAMPLES = 60;

/** A robot on the ground, lit, and a camera that one can turn about it. */
export class RobotView {
  readonly element: HTMLCanvasElement;
  readonly bodies: readonly Group[];
  private readonly muscles: Muscles;
  follow = true;
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly fog = new Fog("white");
  private readonly camera = new PerspectiveCamera(32, 1, 0.05, 500);
  private readonly controls: OrbitControls;
  private readonly ground = new Ground();
  private readonly sky = new HemisphereLight("#ffffff", "#a3a8ae");
  private readonly sun = new DirectionalLight("#ffffff");
  private readonly followed = new Vector3();
  private begun = false;

  /**
   * @param live frames are still coming, so that nobody knows how far the robot will go
   * @param scale pixels for one of the screen's along a side; below 1 with neither smooth edges nor shadows
   * @param changed is called when the camera has moved
   * @throws Error where the browser has no WebGL
   */
  constructor(
    private readonly track: Track,
    private readonly live: boolean,
    private scale: number,
    changed: () => void,
  ) {
    this.renderer = new WebGLRenderer({ antialias: scale === 1 });
    this.renderer.shadowMap.enabled = true;
    this.element = this.renderer.domElement;
    this.bodies = buildRobot(track.scene);
    this.muscles = new Muscles(track.scene.muscles, this.bodies);
    const world = new Group().add(...this.bodies, this.muscles);
    if (track.scene.up === "z") world.rotation.x = -Math.PI / 2; // three.js has y up
    this.scene.fog = this.fog;
    this.scene.add(world, this.ground, this.sky, this.sun, this.sun.target);
    this.controls = new OrbitControls(this.camera, this.element);
    this.controls.maxPolarAngle = Math.PI / 2 - 0.02; // stay above the ground
    this.controls.addEventListener("change", changed);
  }

  /** Lets the user push the robot; `push` is told the change of its velocity in the task's axes [m/s]. */
  allowPush(push: (velocity: Vector3) => void, changed: () => void): void {
    const { fixed } = this.track.scene;
    const moving = this.bodies.filter((_, i) => !fixed.includes(i));
    new Grip(this.element, this.camera, this.bodies[0].parent!, moving, push, changed);
  }

  /** Whether the mouse wheel zooms rather than scrolls the page. */
  allowZoom(enabled: boolean): void {
    this.controls.enableZoom = enabled;
  }

  toggleFollow(time: number): void {
    this.follow = !this.follow;
    this.followed.copy(this.focus(time));
  }

  dispose(): void {
    this.controls.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }

  /** A new episode: decides whether the camera goes along, and looks at the robot. */
  begin(): void {
    this.begun = true;
    const [robot, place] = [[0], this.samples()].map((times) => this.extent(times).getSize(new Vector3()).length());
    this.follow = this.live || (this.track.scene.fixed.length === 0 && place > FAR * robot);
    this.look(0);
  }

  /** Looks from the side at the robot as it is, or, where it stays in one place, at all of that place. */
  look(time: number): void {
    const seen = this.extent(this.follow ? [time] : this.samples());
    const size = seen.getSize(new Vector3());
    const slope = Math.tan(MathUtils.degToRad(this.camera.fov / 2));
    const { aspect } = this.camera;
    const shown = Math.max(size.y, Math.hypot(size.x, size.z) / aspect);
    const lying = size.length() / Math.min(1, aspect); // what lives may fall or swing to any side
    const distance = ((this.follow ? 1.6 : 1.25) * (this.live ? lying : shown)) / (2 * slope);
    seen.getCenter(this.controls.target);
    this.camera.position.copy(this.controls.target).addScaledVector(VIEW, distance);
    this.followed.copy(this.focus(time));
    this.light(1.5 * this.extent([time]).getSize(size).length());
    this.controls.update();
  }

  paint(theme: Theme): void {
    const sky = theme["--sky"];
    this.scene.background = new Color(sky);
    this.fog.color.set(sky);
    this.ground.paint(theme["--ground"], theme["--grid"]);
    this.sky.intensity = Number(theme["--skylight"]);
    this.sun.intensity = Number(theme["--sunlight"]);
  }

  /** Sizes the picture in CSS pixels; the first size begins the show. */
  resize(width: number, height: number): void {
    this.renderer.setPixelRatio(this.scale * Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    if (!this.begun) this.begin();
  }

  /** Draws fewer pixels from now on: so many for one of the screen's along a side, and no shadows. */
  coarsen(scale: number): void {
    this.scale = scale;
    this.sun.castShadow = false;
    this.renderer.setPixelRatio(scale * Math.min(devicePixelRatio, 2));
  }

  /** Draws the robot as it is at a time. */
  draw(time: number): void {
    const focus = this.focus(time);
    const frame = this.track.frameAt(time);
    this.muscles.update((signal) => ((this.track.value(signal, frame) || 0) + 1) / 2);
    if (this.follow) this.moveAlong(focus);
    this.ground.follow(this.controls.target);
    this.fog.near = Math.max(15, 1.3 * this.controls.getDistance());
    this.fog.far = 4 * this.fog.near;
    this.sun.target.position.copy(focus).round(); // in whole metres, so that shadows do not swim
    this.sun.position.copy(this.sun.target.position).addScaledVector(LIGHT, 20);
    this.renderer.render(this.scene, this.camera);
  }

  private moveAlong(focus: Vector3): void {
    const moved = focus.clone().sub(this.followed).setY(0);
    this.controls.target.add(moved);
    this.camera.position.add(moved);
    this.followed.copy(focus);
    this.controls.update();
  }

  /** Puts all bodies where they are at a time; where the followed one is in the camera's world. */
  private focus(time: number): Vector3 {
    this.bodies.forEach((body, i) => this.track.place(i, time, body));
    return this.bodies[this.track.scene.focus].getWorldPosition(new Vector3());
  }

  private samples(): number[] {
    return Array.from({ length: SAMPLES }, (_, i) => (this.track.duration * i) / (SAMPLES - 1));
  }

  /** A box about all that moves, at these times. */
  private extent(times: readonly number[]): Box3 {
    const box = new Box3();
    const { fixed } = this.track.scene;
    const seen = this.bodies.filter((_, i) => !fixed.includes(i));
    for (const time of times) {
      this.focus(time);
      seen.forEach((body) => box.expandByObject(body));
    }
    return box;
  }

  private light(size: number): void {
    const { shadow } = this.sun;
    this.sun.castShadow = this.scale === 1;
    Object.assign(shadow.camera, { left: -size, right: size, top: size, bottom: -size, near: 1, far: 45 });
    shadow.camera.updateProjectionMatrix();
    shadow.mapSize.set(2048, 2048);
    shadow.normalBias = 0.01;
    shadow.radius = 3;
  }
}
