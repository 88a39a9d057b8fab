/** Whether a name is that of a user's file, which holds a task, an algorithm or a study. */
export const isUserFile = (name: string): boolean => /\.m?[jt]s$/.test(name);

/** What a user's task or algorithm is called: a name as it is, a file without folder and ending. */
export const labelOf = (name: string): string =>
  isUserFile(name) ? name.replace(/^.*[\\/]/, "").replace(/\.m?[jt]s$/, "") : name;
