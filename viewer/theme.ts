/** Colours and lights of the style sheet, which follow the system's light or dark scheme. */
const NAMES = [
  "sky",
  "ground",
  "grid",
  "skylight",
  "sunlight",
  "line",
  "soft",
  "joint",
  "action",
  "reward",
  "measure",
] as const;

export type Theme = { readonly [name in `--${(typeof NAMES)[number]}`]: string };

export function themeOf(host: HTMLElement): Theme {
  const style = getComputedStyle(host);
  return Object.fromEntries(NAMES.map((name) => [`--${name}`, style.getPropertyValue(`--${name}`).trim()])) as Theme;
}
