/** What a page has none of: files, and threads that share them. */
const none = (): never => {
  throw new Error("a page has no files.");
};

export const packageFile = none;
export const readText = none;
export const writeAtomically = none;
export const importUserFile = none;
export const isUserFile = (): boolean => false;
export const readFileSync = none;
export const threadCount = none;
