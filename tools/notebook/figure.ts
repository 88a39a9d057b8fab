/** How figures and robots come into the cells of a notebook. Outside of a notebook nothing is shown. */
import { randomUUID } from "node:crypto";
import type { Figure } from "../report/panels.js";
import { place } from "./place.js";
import { CONTENT_POLICY, frameElement, messageScript, plotlyScript } from "../report/frame.js";
import { figurePng, svgPng } from "../report/image.js";
import type { Recording } from "../report/recording.js";
import { filmStrip } from "../report/strip.js";
import { viewerCell } from "../report/viewer.js";
import { kernel, type MimeBundle } from "../../lib/kernel.js";
import { toBase64 } from "@dmo-lab/storage/base64";

/** Of the picture that stands for a figure where nothing interactive can: pixels, which JupyterLab does not scale. */
const WIDTH = 800;
const HEIGHT = 400;

/** A live figure is drawn anew at most this often. */
const PERIOD_MS = 250;

/** A figure that changes in its place. */
export type LiveFigure = {
  /** Draws what `figure` gives, unless the last drawing was a moment ago. */
  update(figure: () => Figure): void;
  /** Draws for the last time, with the picture. */
  finish(figure: Figure): Promise<void>;
};

/** A place for a figure, in the cell that runs. */
export function liveFigure(): LiveFigure {
  const show = place();
  const tell = place();
  const id = `dmo-lab-${randomUUID()}`;
  let last = -Infinity;
  return {
    update(figure) {
      if (!kernel() || performance.now() - last < PERIOD_MS) return;
      const { data, layout } = onPaper(figure());
      // JupyterLab draws a figure once: one that changes is drawn by a page of its own.
      if (last < 0) show({ "text/html": frameElement(LIVE_PAGE(), { id, height: heightOf(layout), title: "Figure" }) });
      tell({ "text/html": messageScript(id, { data, layout }) });
      last = performance.now();
    },
    async finish(figure) {
      if (!kernel()) return;
      const { data, layout } = onPaper(figure);
      const size = { width: WIDTH, height: heightOf(layout), alt: inWords(figure) };
      const plotly = { "application/vnd.plotly.v1+json": { data: packed(data), layout, config: PLOTLY_OPTIONS } };
      show(plotly); // where there is a picture already, JupyterLab would show that instead, until the mouse is over it
      show({ ...plotly, ...picture(await figurePng({ data, layout }, size, 1)) }, size);
      if (last > 0) tell({ "text/html": "" });
    },
  };
}

/** From here on a list of numbers is long. */
const LONG = 16;

/** Long lists of numbers as plotly's packed arrays of float32, so that a notebook that is kept has a line for each, not for each number. */
const packed = (data: Figure["data"]): unknown =>
  JSON.parse(JSON.stringify(data), (_key, value: unknown) =>
    Array.isArray(value) && value.length >= LONG && value.every((x) => typeof x === "number")
      ? { dtype: "f4", bdata: toBase64(value) }
      : value,
  );

const heightOf = ({ height }: Figure["layout"]): number => (typeof height === "number" ? height : HEIGHT);

const PLOTLY_OPTIONS = { responsive: true, displaylogo: false };

/** Draws every figure that it is sent. */
const LIVE_PAGE = (): string => `<!doctype html>
<meta charset="utf-8">${CONTENT_POLICY}
<style>body { margin: 0; }</style>
<div id="figure"></div>
<script>${plotlyScript()}</script>
<script>onmessage = ({ data: { data, layout } }) => Plotly.react("figure", data, layout, ${JSON.stringify(PLOTLY_OPTIONS)});</script>`;

/**
 * Shows recorded episodes in the 3D viewer; the first one as a strip of pictures to whoever can't run scripts.
 * @param recordings one or more, of {@link record}; with several the reader chooses
 */
export function showReplay(...recordings: readonly Recording[]): void {
  if (!kernel()) return;
  const { svg, width, height } = filmStrip(recordings[0]);
  const alt = `${recordings[0].title}: the robot at equal intervals of an episode`;
  place()({ "text/html": viewerCell(recordings), ...picture(svgPng(svg)) }, { width, height, alt });
}

/** What a figure shows, for whoever does not see it: the headings of its panels, its horizontal axes and its lines. */
function inWords({ data, layout }: Figure): string {
  const plain = (text: string): string =>
    text
      .replaceAll(/<[^>]*>/g, " ")
      .replaceAll("&lt;", "<")
      .replaceAll("&amp;", "&");
  const texts = (values: readonly unknown[]): string =>
    [...new Set(values.filter((text) => typeof text === "string" && text !== ""))]
      .map((text) => plain(text as string).trim())
      .join(", ");
  const headings = texts(((layout.annotations ?? []) as { text?: string }[]).map(({ text }) => text));
  const axes = Object.entries(layout).filter(([name]) => name.startsWith("xaxis")) as [
    string,
    { title?: { text?: string } },
  ][];
  const lines = texts((data as { name?: string }[]).map(({ name }) => name));
  const across = texts(axes.map(([, { title }]) => title?.text));
  return [headings || "Figure", across && ` against ${across}`, lines && `: ${lines}`].join("");
}

const picture = (png: Buffer): MimeBundle => ({ "image/png": png.toString("base64") });

/** Notebooks are light or dark, and a figure does not learn which: it brings its paper along. */
const onPaper = ({ data, layout }: Figure): Figure => ({
  data,
  layout: { ...layout, paper_bgcolor: "#ffffff", font: { color: "#1b1f24" } },
});
