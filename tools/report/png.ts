/** PNG in few bytes, for pictures that are kept in a notebook. */
import { crc32, deflateSync } from "node:zlib";

/** What is painted: [row][column][red, green, blue, alpha], the colours multiplied with alpha. */
export type Pixels = { width: number; height: number; pixels: Uint8Array };

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const RGBA_OF_8_BITS = [8, 6, 0, 0, 0];

/**
 * The pixels as PNG (W3C, PNG specification), without the filters that help photographs: charts are areas of one colour,
 * which compress to two thirds without.
 */
export function pngOf({ width, height, pixels }: Pixels): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(RGBA_OF_8_BITS, 8);
  const rows = Buffer.alloc(height * (4 * width + 1)); // each begins with its filter: 0, none
  for (let row = 0; row < height; row++) {
    const colours = pixels.subarray(4 * width * row, 4 * width * (row + 1));
    rows.set(
      colours.map((x, i) => straight(x, colours[i - (i % 4) + 3], i % 4 === 3)),
      row * (4 * width + 1) + 1,
    );
  }
  const parts = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...parts]);
}

/** A colour that is not multiplied with alpha. */
const straight = (x: number, alpha: number, isAlpha: boolean): number =>
  isAlpha || alpha === 0 ? x : Math.round((x * 255) / alpha);

function chunk(type: string, data: Buffer): Buffer {
  const [length, check, body] = [Buffer.alloc(4), Buffer.alloc(4), Buffer.concat([Buffer.from(type), data])];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
