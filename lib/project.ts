import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

let root: string | undefined;

/** The package's folder: the same from the sources in lib/ and from what is compiled to dist/lib/. */
function packageRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, "package.json"))) folder = path.dirname(folder);
  return folder;
}

/** Path of a file that belongs to the package; `name` is such as `data/models/hopper.json`. */
export const packageFile = (name: string): string => path.join((root ??= packageRoot()), name);

/** The package's version. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as { version: string }).version;

/** The library as users' files import it. */
export const thisLibrary = () => ({ name: "dmo-lab", file: packageFile("dist/api/index.js") });
