/** What charts have in common: panels side by side with axes and headings, and the looks of lines, in plotly's JSON. */

/** A figure in plotly's JSON. Its text and lines take their colour from where it is shown. */
export type Figure = {
  /** Traces. */
  data: object[];
  /** Axes, legend, texts and size [CSS pixels]. */
  layout: { [key: string]: unknown };
};

/** Paul Tol's bright scheme: colour-blind readers tell these apart, on light and on dark paper. */
export const COLOURS = ["#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377"];
const DASHES = ["solid", "dash", "dot", "dashdot"];

export const colourOf = (index: number): string => COLOURS[index % COLOURS.length];

/** A colour's shade for areas, which leaves lines visible through it. */
export const shadeOf = (index: number): string => `${colourOf(index)}33`;

/** The look of the line of that number: no two of the first 24 are alike. */
export const lineStyle = (index: number): object => ({
  color: colourOf(index),
  dash: DASHES[Math.floor(index / COLOURS.length) % DASHES.length],
  width: 2,
});

/** A text for plotly, which takes tags and entities in it for its own; only line breaks are. */
export const asText = (text: string): string => text.replaceAll("&", "&amp;").replaceAll(/<(?!br>)/g, "&lt;");

/** One place in a chart without what is drawn there. */
export type Axes = {
  /** Title of the horizontal axis, with its unit behind a comma. */
  x: string;
  /** How a number on it is written where the mouse is (d3's); default: 4 significant digits. */
  format?: string;
  /** What it shows upwards; stands above it. */
  heading: string;
  /** A small line below the heading. */
  note?: string;
  /** What plotly is told besides of the horizontal axis. */
  xaxis?: object;
  /** The same of the vertical one. */
  yaxis?: object;
};

const MARGIN = { l: 48, r: 16, t: 36, b: 52 };
const ROW_HEIGHT = 280;
/** Between two panels of a row, as a part of the figure's width. */
const GAP = 0.09;
/** Between two rows, for the lower one's heading and the upper one's axis, in CSS pixels as all heights. */
const ROW_GAP = 104;

const rowsOf = (count: number): number => Math.max(1, Math.ceil(count / 3));
/** How many of so many panels stand side by side. */
export const columnsOf = (count: number): number => Math.ceil(count / rowsOf(count));

/** The layout of panels in rows of up to three, these names in a legend on top if there are any. */
export function panelLayout(
  panels: readonly Axes[],
  { rowHeight = ROW_HEIGHT, legend }: { rowHeight?: number; legend: readonly string[] },
): Figure["layout"] {
  const rows = rowsOf(panels.length);
  const columns = columnsOf(panels.length);
  const three = panels.some(({ heading, note }) => note && heading.includes("<br>")); // lines above a panel
  const rowGap = (ROW_GAP + (three ? NOTE_ROW : 0)) / (rowHeight * rows - MARGIN.t - MARGIN.b);
  const width = (1 - GAP * (columns - 1)) / columns;
  const height = (1 - rowGap * (rows - 1)) / rows;
  const axes = panels.flatMap((panel, k) => {
    const [left, top] = [(k % columns) * (width + GAP), 1 - Math.floor(k / columns) * (height + rowGap)];
    return axesOf(panel, k, [left, left + width], [Math.max(0, top - height), top]);
  });
  const showlegend = legend.length > 0;
  const noted = panels.some(({ note }) => note);
  const above = (showlegend ? (legendRows(legend) - 1) * LEGEND_ROW : 0) + (noted ? NOTE_ROW : 0);
  return {
    ...Object.fromEntries(axes),
    height: rowHeight * rows + above,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { ...MARGIN, t: (showlegend ? 64 : MARGIN.t) + above },
    annotations: panels.map(heading),
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "rgba(128,128,128,0.6)", activecolor: "rgba(128,128,128,1)" },
    hovermode: "closest",
    hoverdistance: -1,
    showlegend,
    legend: { orientation: "h", yref: "container", y: 1, yanchor: "top", x: 0 },
  };
}

const LEGEND_ROW = 26;
const NOTE_ROW = 16;

/** Rows of a legend in a figure of 760 pixels, where a letter takes about 8 and the rest of an entry 60. */
function legendRows(names: readonly string[]): number {
  let [rows, used] = [1, 0];
  for (const width of names.map(({ length }) => 60 + 8 * length)) {
    const fits = used + width <= 700;
    [rows, used] = fits ? [rows, used + width] : [rows + 1, width];
  }
  return rows;
}

/** The axes of panel k, as a trace names them. */
export const place = (k: number) => ({ xaxis: `x${k + 1}`, yaxis: `y${k + 1}` });

/** The axes of panel k, over parts of the figure's width and height. */
function axesOf({ x, xaxis, yaxis }: Axes, k: number, across: number[], up: number[]): [string, object][] {
  const title = { text: x, standoff: 10, font: { size: 13 } };
  return [
    [`xaxis${k + 1}`, { ...AXIS, title, domain: across, anchor: `y${k + 1}`, rangemode: "tozero", ...xaxis }],
    [`yaxis${k + 1}`, { ...AXIS, domain: up, anchor: `x${k + 1}`, ...yaxis }],
  ];
}

const GRID = "rgba(128,128,128,0.25)";
const LINE = "rgba(128,128,128,0.6)";

const AXIS = {
  gridcolor: GRID,
  zerolinecolor: GRID,
  linecolor: LINE,
  showline: true,
  ticks: "outside",
  tickcolor: LINE,
  automargin: true,
};

/** What panel k shows, above its vertical axis. */
const heading = ({ heading: text, note }: Axes, k: number) => ({
  text: `<b>${asText(text)}</b>` + (note ? `<br><span style="font-size: 10px">${asText(note)}</span>` : ""),
  align: "left",
  xref: `x${k + 1} domain`,
  yref: `y${k + 1} domain`,
  x: 0,
  y: 1,
  yshift: 8,
  xanchor: "left",
  yanchor: "bottom",
  showarrow: false,
});
