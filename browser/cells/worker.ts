/** Runs the cells of a notebook, one after another as the page asks, and tells it what they show. */
import type { DisplayData } from "../../lib/kernel.js";

/** What the page asks: the next cell. */
export type CellsCommand = "next";

/** What it is told of the cell that runs. */
export type CellsReport =
  | { readonly is: "shown"; readonly content: DisplayData }
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "done"; readonly last: boolean }
  | { readonly is: "failed"; readonly message: string };

const tell = (report: CellsReport): void => self.postMessage(report);

/** @param cells runs a notebook's code, and pauses before every cell but the first */
export function serve(cells: () => AsyncGenerator<void>): void {
  Object.assign(globalThis, {
    [Symbol.for("dmo-lab.kernel")]: {
      display: (content: DisplayData) => tell({ is: "shown", content }),
      interruption: new AbortController().signal, // the page ends the whole worker
    },
    setImmediate: (run: () => void) => setTimeout(run),
  });
  console.log = (...values: unknown[]) => tell({ is: "text", text: `${values.map(String).join(" ")}\n` });
  const running = cells();
  self.addEventListener("message", () => void next(running));
}

async function next(running: AsyncGenerator<void>): Promise<void> {
  try {
    const { done } = await running.next();
    tell({ is: "done", last: done === true });
  } catch (error) {
    tell({ is: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}
