import { join } from "node:path";
import { Application } from "typedoc";
import { SetupError } from "../setup/errors.mjs";

/**
 * Writes the reference of the library, `import ... from "dmo-lab"`, made of its doc comments.
 * @param {string} root the project's folder @param {string} out
 */
export async function writeReference(root, out) {
  const application = await Application.bootstrap({
    ...{ name: "DMO Lab: reference", readme: "none", navigationLinks: { "All pages": "../index.html" } },
    ...{ entryPoints: [join(root, "api", "index.ts")], tsconfig: join(root, "tsconfig.check.json") },
    ...{ excludePrivate: true, disableSources: true, hideGenerator: true, githubPages: false },
    ...{ skipErrorChecking: true, validation: false, logLevel: "Error" }, // `npm run check` does that
  });
  const project = await application.convert();
  if (!project)
    throw new SetupError("The reference could not be made: npm run check tells what is wrong with the types.");
  await application.generateDocs(project, out);
}
