/** URDF files as MJCF, with what MuJoCo's reader of URDF does not make: motors, and a root that moves freely. */
import { createRequire } from "node:module";
import { InputError, oneOf } from "@dmo-lab/input/errors";
import { MjcfModel } from "./mjcf-compiled.js";
import { escaped } from "./mjcf-writer.js";
import { compileAndWrite, range } from "./mujoco.js";

export interface UrdfOptions {
  /** The root of a URDF moves freely, in place of being fixed to the world. */
  readonly freeRoot?: boolean;
  /** Motors of a URDF by joint [N or N m]; absent: one of that strength for every joint with an effort limit. */
  readonly motors?: { readonly [joint: string]: number };
}

/** Whether the first element of a text is that of a URDF. */
export const isUrdf = (text: string): boolean =>
  /^\uFEFF?(\s|<\?[^]*?\?>|<!--[^]*?-->|<!DOCTYPE[^>]*>)*<robot[\s>]/.test(text);

/**
 * The MJCF of a URDF.
 * @throws InputError for a file that MuJoCo refuses, a freed root that is free, and motors of joints that are not there
 */
export async function urdfToMjcf(text: string, file: string, { freeRoot, motors }: UrdfOptions): Promise<string> {
  const { model, mjcf } = await compileAndWrite(freeRoot ? withFreeRoot(text, file) : text, file);
  try {
    const strengths = Object.entries(motors ?? efforts(new MjcfModel(model, file)));
    const joints = range(0, model.njnt).map((joint) => new MjcfModel(model, file).jointName(joint));
    for (const [joint] of strengths) oneOf(`${file}: motors: joint`, joint, joints);
    const written = strengths.map(([joint, strength]) => {
      return `<motor joint="${escaped(joint)}" gear="${strength}" ctrllimited="true" ctrlrange="-1 1"/>`;
    });
    return mjcf.replace(/<\/mujoco>\s*$/, `<actuator>${written.join("")}</actuator></mujoco>`);
  } finally {
    model.delete();
  }
}

/** MuJoCo's reader makes a joint's force range of its effort limit. */
function efforts(compiled: MjcfModel): { [joint: string]: number } {
  const { m, pair } = compiled;
  const limited = range(0, m.njnt).filter((joint) => m.jnt_actfrclimited[joint]);
  return Object.fromEntries(limited.map((joint) => [compiled.jointName(joint), pair(m.jnt_actfrcrange, joint)[1]]));
}

// What is used of jsdom. The types of a browser would be types of the whole library.
type Element = {
  namespaceURI: string | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  appendChild(child: Element): Element;
  querySelectorAll(selector: string): Iterable<Element>;
};
type Document = { documentElement: Element; createElementNS(namespace: string | null, tag: string): Element };
type Jsdom = {
  JSDOM: new (text: string, options: object) => { window: { document: Document }; serialize(): string };
};

/** The root hangs on a link of its own, which becomes the world, by a joint that MuJoCo makes a free one. */
function withFreeRoot(text: string, file: string): string {
  const { JSDOM } = createRequire(import.meta.url)("jsdom") as Jsdom;
  const dom = parse(() => new JSDOM(text, { contentType: "text/xml" }), file);
  const { document } = dom.window;
  const robot = document.documentElement;
  const named = (selector: string, attribute: string): string[] =>
    Array.from(robot.querySelectorAll(`:scope > ${selector}`), (element) => element.getAttribute(attribute) ?? "");
  const below = named("joint > child", "link");
  const [root] = named("link", "name").filter((name) => !below.includes(name));
  const element = (parent: Element, tag: string, attributes: { [name: string]: string }): Element => {
    const made = parent.appendChild(document.createElementNS(robot.namespaceURI, tag));
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  element(robot, "link", { name: ABOVE });
  const joint = element(robot, "joint", { name: `${root} free`, type: "floating" });
  element(joint, "parent", { link: ABOVE });
  element(joint, "child", { link: root });
  return dom.serialize();
}

const ABOVE = "above the root";

function parse<T>(read: () => T, file: string): T {
  try {
    return read();
  } catch (error) {
    throw new InputError(`${file}: this is not well-formed XML (${(error as Error).message}).`);
  }
}
