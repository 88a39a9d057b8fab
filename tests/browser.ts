// A real browser for tests of pages: the Chromium of this machine, if there is one.
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";

export { chromium, launchBrowser } from "../tools/report/browser.js";

/** Why a test in a browser is skipped. */
export const NO_CHROMIUM = "no Chromium on this machine";

/** What a page did that it should not: errors, and requests for anything but itself and what it carries. */
export type Complaints = { errors: string[]; requests: string[] };

/** Opens a file, at a place of it such as `#top`, in a new page and notes its complaints. */
export async function openFile(
  browser: Browser,
  file: string,
  options: Parameters<Browser["newPage"]>[0] = {},
  place = "",
): Promise<{ page: Page; complaints: Complaints }> {
  const page = await browser.newPage(options);
  const complaints: Complaints = { errors: [], requests: [] };
  const url = pathToFileURL(file).href;
  page.on("pageerror", (error) => complaints.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.errors.push(message.text()));
  page.on("request", (request) => {
    if (request.url() !== url + place && !/^(data|blob):/.test(request.url())) complaints.requests.push(request.url());
  });
  page.setDefaultTimeout(600_000); // a busy machine takes its time
  await page.goto(url + place);
  return { page, complaints };
}
