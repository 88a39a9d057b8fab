/** Makes an element with the given properties (attributes where the name has a dash) and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<Omit<HTMLElementTagNameMap[K], "style">> & { [attribute: `${string}-${string}`]: string } = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) element.setAttribute(name, value as string);
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

/** Reads the colours of an element's style sheet, which follow the system's light or dark scheme. */
export type Theme = (variable: `--${string}`) => string;

export const themeOf =
  (host: HTMLElement): Theme =>
  (variable) =>
    getComputedStyle(host).getPropertyValue(variable).trim();

export const number = (value: number, digits: number): string =>
  Number.isFinite(value)
    ? value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : "–";
