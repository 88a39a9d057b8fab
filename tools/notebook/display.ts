/** Figures in the cells of a notebook, also while what they show is still coming. Outside of a notebook nothing is shown. */
import type { Figure } from "../report/panels.js";
import { chart, type Chart } from "./chart.js";
import { liveFigure } from "./figure.js";
import { clock } from "./progress.js";

/**
 * Shows a figure that can be zoomed, and with it a picture for whoever can't or mayn't run scripts: a notebook that is
 * not trusted, an export, a code-hosting site.
 * @param figure plotly's data and layout
 */
export const showFigure = (figure: Figure): Promise<void> => liveFigure().finish(figure);

/**
 * Shows a chart, or several side by side under one legend.
 * @param charts one, or several for panels side by side @param height of the whole figure [CSS pixels], 360 by default
 */
export const showChart = (charts: Chart | readonly Chart[], height?: number): Promise<void> =>
  showFigure(chart(charts, height));

/**
 * Collects what `rows` gives, and shows the figure of it while it comes, also of what there is when it is interrupted;
 * below it how many there are and how long the others will take.
 * @param rows what is waited for, such as `training.rows()`
 * @param figure drawn anew when a row has come, at most four times a second
 * @param collected is filled, so that the rows are known after an interrupt as well
 * @param total how many rows there will be in the end, with those that are collected already
 */
export async function watch<T>(
  rows: AsyncIterable<T>,
  figure: (rows: readonly T[]) => Figure,
  collected: T[] = [],
  total?: number,
): Promise<T[]> {
  const live = liveFigure();
  const left = total === undefined ? undefined : clock(total - collected.length);
  try {
    for await (const row of rows) {
      collected.push(row);
      live.update(() => figure(collected));
      left?.step();
    }
  } finally {
    left?.clear();
    await live.finish(figure(collected));
  }
  return collected;
}
