/** What the notebook's kernel (scripts/kernel) offers to code that runs in its cells. */

/** One thing to show in several forms, by MIME type; who shows it takes the richest that he can. */
export type MimeBundle = { [mime: string]: unknown };

export type DisplayData = {
  data: MimeBundle;
  metadata: { [mime: string]: unknown };
  /** Names the place, so that it can be updated. */
  transient: { display_id?: string };
};

export type Kernel = {
  /** Shows in the cell that runs, or with `update` in the place of the same `display_id`. */
  display(content: DisplayData, update: boolean): void;
  /** Aborted when the user interrupts the notebook. */
  readonly interruption: AbortSignal;
};

/** The kernel of this process; undefined outside of a notebook. */
export const kernel = (): Kernel | undefined =>
  (globalThis as { [key: symbol]: Kernel | undefined })[Symbol.for("dmo-lab.kernel")];
