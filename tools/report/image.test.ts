import { crc32, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { figurePng, figureSvg, svgPng } from "./image.js";

const SIZE = { width: 600, height: 300 };
const figure = (name: string) => ({
  data: [{ type: "scatter", x: [0, 1, 2], y: [100, 300, 200], name, showlegend: true }],
  layout: { xaxis: { title: { text: "environment steps" } }, yaxis: { title: { text: "return" }, automargin: true } },
});

/** The numbers of the first match. */
const numbers = (svg: string, pattern: RegExp): number[] => pattern.exec(svg)!.slice(1).map(Number);

/** Where the plot's area begins, and how wide it is. */
const area = (svg: string): number[] => numbers(svg, /class="axesclip" id="[^"]*"><rect x="(\d+)[^>]* width="(\d+)"/);

test("a figure becomes a PNG of its size, times the zoom", async () => {
  const png = await figurePng(figure("DMO"), SIZE);
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1200, 600]);
});

test("the layout makes room for what is written, as wide as the font is", async () => {
  const [short, long] = await Promise.all(
    ["DMO", "decoupled first-order gradients"].map((name) => figureSvg(figure(name), SIZE)),
  );
  for (const text of ["environment steps", "return", "DMO"]) expect(short).toContain(`>${text}</text>`);
  expect(short).not.toContain("TOBESTRIPPED");
  expect(area(long)[1]).toBeLessThan(area(short)[1] - 100);
  expect(area(short)[0]).toBeGreaterThan(40); // labels and title of the y axis
});

test("texts are painted without fonts of the system", () => {
  const paint = (text: string): Buffer =>
    svgPng(`<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><text y="15">${text}</text></svg>`);
  expect(paint("DMO").equals(paint(""))).toBe(false);
});

test("a PNG holds the colours as they are, half transparent ones too", () => {
  const half = `<rect width="2" height="1" fill="#ff8040" fill-opacity="0.5"/>`;
  const png = svgPng(`<svg xmlns="http://www.w3.org/2000/svg" width="3" height="1">${half}</svg>`, 1);
  const [length, type] = [png.readUInt32BE(33), png.toString("latin1", 37, 41)];
  const pixels = inflateSync(png.subarray(41, 41 + length));
  const colour = [255, 128, 64, 128];
  expect([type, [...pixels]]).toEqual(["IDAT", [0, ...colour, ...colour, 0, 0, 0, 0]]);
  expect(png.readUInt32BE(41 + length)).toBe(crc32(png.subarray(37, 41 + length)));
});
