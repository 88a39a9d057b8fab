/** What a page has none of: files. */
const none = (): never => {
  throw new Error("a page has no files.");
};

export const readText = none;
export const writeAtomically = none;
