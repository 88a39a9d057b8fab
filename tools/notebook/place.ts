/** Places in the cell that runs. */
import { randomUUID } from "node:crypto";
import { kernel, type MimeBundle } from "../../lib/kernel.js";
import type { ImageSize } from "../report/image.js";

/** A place in the cell that runs: what it shows is replaced by what it shows next. Outside of a notebook nothing is shown. */
export function place(): (data: MimeBundle, size?: ImageSize & { alt: string }) => void {
  const display_id = randomUUID();
  let shown = false;
  return (data, size) => {
    const metadata = size ? { "image/png": size } : {};
    kernel()?.display({ data, metadata, transient: { display_id } }, shown);
    shown = true;
  };
}
