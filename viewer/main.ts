/** The script of every page with a viewer: defines `<dmo-viewer>` and takes live frames from the page around. */
import { ViewerElement } from "./element.js";
import type { PackedFrames } from "./track.js";

/** Frames for the viewer of this page, sent by the page that holds it in an iframe. */
type LiveMessage = PackedFrames & { readonly type: "dmo-lab frames"; readonly restart: boolean };

customElements.define("dmo-viewer", ViewerElement);

addEventListener("message", ({ source, data }: MessageEvent<LiveMessage | undefined>) => {
  if (source !== parent || data?.type !== "dmo-lab frames") return;
  document.querySelector<ViewerElement>("dmo-viewer")!.push(data, data.restart);
});
