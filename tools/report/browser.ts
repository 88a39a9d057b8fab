/** The Chromium of this machine, if there is one, for what only a browser can do. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { Browser } from "playwright-core";

export const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Path of a Chromium; undefined where there is none. */
export const chromium: string | undefined = (process.env.PATH ?? "")
  .split(path.delimiter)
  .flatMap((folder) => BROWSERS.map((name) => path.join(folder, name)))
  .find((file) => existsSync(file));

/** Starts it without a window; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const { chromium: launcher } = await import("playwright-core");
  return launcher.launch({
    executablePath: chromium,
    // WebGL without a graphics card, and no traffic of the browser's own.
    args: [
      ...["--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
      ...["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
    ],
  });
}
