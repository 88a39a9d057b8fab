import katex from "katex";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FORMULA = /<span class="math( display)?">([^<]*)<\/span>/g;
const CHARACTERS = /** @type {Record<string, string>} */ ({ amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" });

/**
 * A page with its formulas set, for eyes and for screen readers. Throws at a formula that is not LaTeX.
 * @param {string} html
 */
export function withFormulas(html) {
  return html.replace(FORMULA, (_, display, source) => {
    const latex = source.replace(
      /&(amp|lt|gt|quot|#x27);/g,
      (/** @type {string} */ _, /** @type {string} */ name) => CHARACTERS[name],
    );
    return katex.renderToString(latex, { displayMode: Boolean(display), strict: "error" });
  });
}

/**
 * KaTeX's style with its fonts inside: a browser may refuse those of a file beside it.
 * @param {string} folder with katex.min.css
 */
export function formulaStyle(folder) {
  const style = readFileSync(join(folder, "katex.min.css"), "utf8");
  return style.replace(/url\((fonts\/[\w-]+\.woff2)\)[^;}]*/g, (_, font) => {
    const content = readFileSync(join(folder, font)).toString("base64");
    return `url(data:font/woff2;base64,${content}) format("woff2")`;
  });
}
