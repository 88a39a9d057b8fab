/** Search over the sections of all pages of the documentation, in the page itself. */
import MiniSearch from "minisearch";

/** A section as scripts/docs/site.py finds it: its page's title, and where it is from the site's top. */
type Section = { heading: string; page: string; text: string; at: string };

declare const SECTIONS: readonly Section[];

/** So many results are listed. */
const MOST = 12;

const index = new MiniSearch<Section & { id: number }>({
  fields: ["heading", "page", "text"],
  storeFields: ["heading", "page", "at"],
  searchOptions: {
    boost: { heading: 3, page: 2 },
    prefix: true,
    fuzzy: (word) => word.length > 4 && 0.15,
    combineWith: "AND",
  },
});
index.addAll(SECTIONS.map((section, id) => ({ id, ...section })));

/** Lists the best sections for a query in an element; `up` is the way to the site's top. */
function showFound(list: HTMLElement, query: string, up: string): void {
  const links = index
    .search(query)
    .slice(0, MOST)
    .map((section) => linkTo(section as unknown as Section, up));
  const items = links.map((link) => itemOf(link));
  list.replaceChildren(...(query && items.length === 0 ? [itemOf("Nothing found.")] : items));
}

function linkTo({ heading, page, at }: Section, up: string): HTMLElement {
  const link = Object.assign(document.createElement("a"), { href: up + at, textContent: heading });
  if (page !== heading) link.append(Object.assign(document.createElement("small"), { textContent: page }));
  return link;
}

function itemOf(content: HTMLElement | string): HTMLElement {
  const item = document.createElement("li");
  item.append(content);
  return item;
}

Object.assign(globalThis, { showFound });
