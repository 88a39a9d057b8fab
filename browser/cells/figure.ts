/** How figures and robots come into the cells of a page, which draws them itself. */
import { viewerElement } from "../../tools/report/viewer.js";
import type { Figure } from "../../tools/report/panels.js";
import type { Recording } from "../../tools/report/recording.js";
import type { LiveFigure } from "../../tools/notebook/figure.js";
import { place } from "../../tools/notebook/place.js";

/** A live figure is drawn anew at most this often. */
const PERIOD_MS = 500;

export function liveFigure(): LiveFigure {
  const show = place();
  const draw = (figure: Figure): void => show({ "application/vnd.plotly.v1+json": figure });
  let last = -Infinity;
  return {
    update(figure) {
      if (performance.now() - last < PERIOD_MS) return;
      draw(figure());
      last = performance.now();
    },
    finish(figure) {
      draw(figure);
      return Promise.resolve();
    },
  };
}

export const showReplay = (...recordings: readonly Recording[]): void =>
  place()({ "text/html": viewerElement(recordings, "height: 460px") });
