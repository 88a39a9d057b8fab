/**
 * Figures as pictures, without a browser: plotly draws into the document of jsdom, resvg paints what comes out. jsdom
 * lays nothing out, so the boxes of texts, which plotly places its axes by, are computed here from the font that is
 * painted.
 */
import { createRequire } from "node:module";
import type { Figure } from "./panels.js";
import { plotlyScript } from "./frame.js";
import { type Pixels, pngOf } from "./png.js";

/** In pixels. */
export type ImageSize = {
  /** In CSS pixels. */
  width: number;
  /** In CSS pixels. */
  height: number;
};

const require = createRequire(import.meta.url);
const FONT = { name: "Open Sans", ascent: 1.07, descent: 0.29, lineHeight: 1.3 }; // in units of the font's size
const fontFile = (): string => require.resolve("@expo-google-fonts/open-sans/400Regular/OpenSans_400Regular.ttf");

/**
 * The figure as SVG, with its fonts named but not included.
 * @param size in CSS pixels @param figure data and layout of plotly
 */
export async function figureSvg({ data, layout }: Figure, size: ImageSize): Promise<string> {
  const { Plotly, document } = (plotly ??= loadPlotly());
  const element = document.createElement("div");
  document.body.append(element);
  try {
    await Plotly.newPlot(element, data, { ...layout, ...size, autosize: false }, { staticPlot: true });
    const url = await Plotly.toImage(element, { format: "svg", ...size });
    const svg = decodeURIComponent(url.slice(url.indexOf(",") + 1));
    return svg.replaceAll("TOBESTRIPPED", ""); // plotly's stand-in for quotes, which jsdom writes in its own way
  } finally {
    Plotly.purge(element);
    element.remove();
  }
}

/**
 * The figure as PNG.
 * @param figure data and layout of plotly @param size in CSS pixels @param zoom pixels for each of them
 */
export const figurePng = async (figure: Figure, size: ImageSize, zoom = 2): Promise<Buffer> =>
  svgPng(await figureSvg(figure, size), zoom);

/**
 * A picture as PNG; its texts are painted in Open Sans.
 * @param svg the picture's text @param zoom pixels for each of its units
 */
export const svgPng = (svg: string, zoom = 2): Buffer =>
  pngOf(paint(svg, { fitTo: { mode: "zoom", value: zoom } }).render());

type Painting = { render(): Pixels; getBBox(): Box | undefined };
type Paint = new (svg: string, options: object) => Painting;

function paint(svg: string, options: object = {}): Painting {
  const { Resvg } = require("@resvg/resvg-js") as { Resvg: Paint };
  const font = { loadSystemFonts: false, fontFiles: [fontFile()], defaultFontFamily: FONT.name };
  return new Resvg(svg, { ...options, font });
}

// What is used of jsdom and of plotly. The types of a browser would be types of the whole library.
type Box = { x: number; y: number; width: number; height: number };
type Element = {
  tagName: string;
  textContent: string;
  children: Iterable<Element>;
  parentNode: Element | null;
  style: { fontSize: string; textAnchor: string };
  getAttribute(name: string): string | null;
  append(element: Element): void;
  remove(): void;
};
type Document = { body: Element; createElement(tag: string): Element };
type Plotly = {
  newPlot(element: Element, data: object[], layout: object, config: object): Promise<void>;
  toImage(element: Element, options: object): Promise<string>;
  purge(element: Element): void;
};
type Window = {
  eval(code: string): void;
  Plotly: Plotly;
  document: Document;
  Element: { prototype: object };
  SVGElement: { prototype: object };
  HTMLCanvasElement: { prototype: object };
  URL: object;
};
type Jsdom = { JSDOM: new (html: string, options: object) => { window: Window }; VirtualConsole: new () => object };

let plotly: Pick<Window, "Plotly" | "document"> | undefined;

/** Plotly in a document of its own: it cannot be imported outside of a browser. */
function loadPlotly(): Pick<Window, "Plotly" | "document"> {
  const { JSDOM, VirtualConsole } = require("jsdom") as Jsdom;
  const options = { runScripts: "outside-only", pretendToBeVisual: true, virtualConsole: new VirtualConsole() };
  const { window } = new JSDOM("<!doctype html>", options);
  Object.assign(window.URL, { createObjectURL: () => "" });
  Object.assign(window.HTMLCanvasElement.prototype, { getContext: () => null });
  Object.assign(window.Element.prototype, {
    getBoundingClientRect(this: Element) {
      const { x, y, width, height } = boxOf(this, transformOf(this));
      return { x, y, width, height, left: x, top: y, right: x + width, bottom: y + height };
    },
  });
  Object.assign(window.SVGElement.prototype, {
    getBBox(this: Element) {
      return boxOf(this, IDENTITY);
    },
    getComputedTextLength(this: Element) {
      return boxOf(this, IDENTITY).width;
    },
    getScreenCTM: () => ({ inverse: () => null }),
  });
  window.eval(plotlyScript());
  return window;
}

/** x' = a x + c y + e, y' = b x + d y + f. */
type Transform = readonly [a: number, b: number, c: number, d: number, e: number, f: number];
const IDENTITY: Transform = [1, 0, 0, 1, 0, 0];

const after = ([a, b, c, d, e, f]: Transform, [A, B, C, D, E, F]: Transform): Transform => [
  ...([a * A + c * B, b * A + d * B, a * C + c * D, b * C + d * D] as const),
  ...([a * E + c * F + e, b * E + d * F + f] as const),
];

/** From the element's own coordinates to those of the page. */
function transformOf(element: Element): Transform {
  const own = ownTransform(element);
  return element.parentNode?.getAttribute ? after(transformOf(element.parentNode), own) : own;
}

function ownTransform(element: Element): Transform {
  const steps = (element.getAttribute("transform") ?? "").matchAll(/(\w+)\(([^)]*)\)/g);
  return [...steps].reduce((sum, [, kind, list]) => after(sum, step(kind, list.split(/[\s,]+/).map(Number))), IDENTITY);
}

function step(kind: string, [x, y = kind === "scale" ? x : 0, z = 0]: number[]): Transform {
  if (kind === "translate") return [1, 0, 0, 1, x, y];
  if (kind === "scale") return [x, 0, 0, y, 0, 0];
  const [cos, sin] = [Math.cos((x * Math.PI) / 180), Math.sin((x * Math.PI) / 180)];
  const turn: Transform = [cos, sin, -sin, cos, 0, 0];
  return after(after([1, 0, 0, 1, y, z], turn), [1, 0, 0, 1, -y, -z]);
}

const NOTHING: Box = { x: 0, y: 0, width: 0, height: 0 };

/** The box around all texts of an element: shapes do not move plotly's layout. */
function boxOf(element: Element, transform: Transform): Box {
  if (element.tagName === "text" || element.tagName === "tspan") return transformed(textBox(element), transform);
  const boxes = [...element.children]
    .map((child) => boxOf(child, after(transform, ownTransform(child))))
    .filter(({ width, height }) => width > 0 && height > 0);
  return boxes.length > 0 ? union(boxes) : NOTHING;
}

function textBox(text: Element): Box {
  const size = parseFloat(inherited(text, "fontSize") || "12");
  const lines = [...text.children].filter((child) => child.getAttribute("class") === "line");
  const texts = lines.length > 0 ? lines.map((line) => line.textContent) : [text.textContent];
  const width = Math.max(...texts.map((line) => textWidth(line) * size));
  if (width === 0) return NOTHING;
  const height = ((lines.length || 1) - 1) * FONT.lineHeight + FONT.ascent + FONT.descent;
  const anchor = text.getAttribute("text-anchor") ?? inherited(text, "textAnchor");
  const shift = anchor === "middle" ? width / 2 : anchor === "end" ? width : 0;
  const [x, y] = ["x", "y"].map((name) => parseFloat(text.getAttribute(name) ?? "0"));
  return { x: x - shift, y: y - FONT.ascent * size, width, height: height * size };
}

const inherited = (element: Element, property: keyof Element["style"]): string =>
  element.style?.[property] || (element.parentNode?.style ? inherited(element.parentNode, property) : "");

const widths = new Map<string, number>();

/** Of one line, in units of the font's size. */
function textWidth(line: string): number {
  const known = widths.get(line);
  if (known !== undefined) return known;
  // The painter gives the box of the ink: bars around the line make its spaces count.
  const width = inkWidth(`|${line}|`) - inkWidth("||");
  widths.set(line, width);
  return width;
}

function inkWidth(line: string): number {
  const text = line.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const style = `font-family="${FONT.name}" font-size="100" xml:space="preserve"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text ${style}>${text}</text></svg>`;
  return paint(svg).getBBox()!.width / 100;
}

function transformed({ x, y, width, height }: Box, [a, b, c, d, e, f]: Transform): Box {
  const corners = [x, x + width].flatMap((px) =>
    [y, y + height].map((py) => [a * px + c * py + e, b * px + d * py + f]),
  );
  return union(corners.map(([px, py]) => ({ x: px, y: py, width: 0, height: 0 })));
}

function union(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
