/** Algorithms of users: files whose default export is an algorithm (docs/your-own-algorithm.md). */
import { InputError } from "@dmo-lab/input/errors";
import { importUserFile } from "@dmo-lab/input/import-file";
import { check, dictionary, text } from "@dmo-lab/input/schema";
import { isUserFile } from "@dmo-lab/input/user-file";
import { thisLibrary } from "../../lib/project.js";
import { type Algorithm, findAlgorithm, registerAlgorithmFile } from "../../lib/training/algorithms.js";

/** The algorithm of that name, where an algorithm file (`./mine.js`) is loaded first; `findAlgorithm` knows it from then on. @throws InputError */
export async function loadAlgorithm(name: string): Promise<Algorithm> {
  if (!isUserFile(name)) return findAlgorithm(name);
  const algorithm = (await importUserFile("algorithm file", name, thisLibrary())) as Partial<Algorithm> | undefined;
  const place = `algorithm file "${name}": `;
  if (typeof algorithm?.create !== "function" || typeof algorithm.preset !== "function")
    throw new InputError(`${place}its default export is no algorithm; write: export default defineAlgorithm({ ... }).`);
  check(dictionary(text), algorithm.columns ?? {}, `${place}columns`);
  for (const column of Object.keys(algorithm.columns ?? {}))
    if (!/^\w+$/.test(column))
      throw new InputError(
        `${place}column "${column}" has a name that is not allowed; allowed: letters, digits and _.`,
      );
  registerAlgorithmFile(name, algorithm as Algorithm);
  return algorithm as Algorithm;
}
