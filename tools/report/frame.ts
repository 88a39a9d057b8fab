/** What pages are made of, and pages within a page, such as in the output of a notebook's cell. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Allows a page what it holds itself, and nothing from elsewhere. */
export const CONTENT_POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">`;

/** A page of its own that needs no network. */
export const page = (title: string, style: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${CONTENT_POLICY}
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;

/** A page in a frame of its own, `height` CSS pixels high, without access to what is around it but its messages. */
export const frameElement = (
  page: string,
  { id, height, title }: { id: string; height: number; title: string },
): string =>
  `<iframe id="${id}" onload="this.dataset.loaded = 1" srcdoc="${escapeHtml(page)}" title="${escapeHtml(title)}" allowfullscreen ` +
  `style="width: 100%; height: ${height}px; border: 1px solid #8884; border-radius: 8px;"></iframe>`;

/** A script that sends a message to the frame of that id, when its page has loaded. */
export const messageScript = (id: string, message: object): string =>
  `<script>${SEND}(${JSON.stringify(id)}, ${inlineJson(message)})</script>`;

const SEND = `((id, message) => {
  const frame = document.getElementById(id);
  const send = () => frame.contentWindow.postMessage(message, "*");
  if (frame?.dataset.loaded) send();
  else frame?.addEventListener("load", send);
})`;

/** JSON for a script element. */
export const inlineJson = (content: unknown): string => JSON.stringify(content).replaceAll("<", "\\u003c");

export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Plotly's code. */
export const plotlyScript = (): string =>
  readFileSync(createRequire(import.meta.url).resolve("plotly.js-basic-dist-min"), "utf8");
