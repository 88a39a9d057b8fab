/** The script of a page whose episode becomes a video: defines `film`. */
import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  Quality,
  WebMOutputFormat,
} from "mediabunny";
import type { ViewerElement } from "./element.js";

type Film = { readonly ending: "mp4" | "webm"; readonly width: number; readonly height: number; readonly rate: number };

/** The page's episode from beginning to end at `rate` pictures a second, however long drawing takes: a file as a data URL. */
async function film({ ending, width, height, rate }: Film): Promise<string> {
  const { viewer } = document.querySelector<ViewerElement>("dmo-viewer")!;
  const format = ending === "mp4" ? new Mp4OutputFormat() : new WebMOutputFormat();
  const codec = await getFirstEncodableVideoCodec(format.getSupportedVideoCodecs(), { width, height });
  if (!codec) throw new Error(`This browser encodes no video for .${ending}.`);
  const [target, source] = [
    new BufferTarget(),
    new CanvasSource(viewer.filmed(width, height), { codec, quality: new Quality("medium") }),
  ];
  const output = new Output({ format, target });
  output.addVideoTrack(source, { frameRate: rate });
  await output.start();
  for (let k = 0; k / rate <= viewer.duration; k++) {
    viewer.draw(k / rate);
    await source.add(k / rate, 1 / rate);
  }
  await output.finalize();
  return asDataUrl(target.buffer!);
}

const asDataUrl = (bytes: ArrayBuffer): Promise<string> =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsDataURL(new Blob([bytes]));
  });

Object.assign(globalThis, { film });
