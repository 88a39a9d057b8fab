/** What MuJoCo's reader of models takes of Node, where there are no files: their names alone. */
const none = (): never => {
  throw new Error("a page has no files.");
};

export const [existsSync, readFileSync, createRequire] = [none, none, none];

export default { parse: (file: string) => ({ name: file.replace(/\.[^.]*$/, "") }), resolve: (file: string) => file };
