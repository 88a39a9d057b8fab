/** Figures of runs, recorded episodes and the 3D viewer, as plain data, HTML, SVG or PNG. */
export { PROGRESS, axisOfNames, drawChart, type ChartOptions, type Mark, type Panel } from "../tools/report/chart.js";
export { diagnostics, learningCurves, seedCurves, type Curve, type SeedCurves } from "../tools/report/figures.js";
export { counted, duration, number, title } from "../tools/report/format.js";
export { figureElement, htmlPage, htmlTable } from "../tools/report/html.js";
export { figurePng, figureSvg, svgPng, type ImageSize } from "../tools/report/image.js";
export { reportPage, type RunRecord } from "../tools/report/page.js";
export { COLOURS, type Axes, type Figure } from "../tools/report/panels.js";
export { play, record, type PlayOptions } from "../tools/report/record.js";
export {
  join,
  type DrawnMuscle,
  type Frame,
  type Recording,
  type Scene,
  type Signal,
} from "../tools/report/recording.js";
export { stageOf, type Stage } from "../tools/report/scene.js";
export { filmStrip } from "../tools/report/strip.js";
export { viewerHtml } from "../tools/report/viewer.js";
