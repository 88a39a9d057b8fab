import { join } from "node:path";
import { Application, ReflectionKind } from "typedoc";
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
  const silent = undocumented(project);
  if (silent.length > 0)
    throw new SetupError(`What api/ exports says what it is; without a doc comment: ${silent.join(", ")}.`);
  await application.generateDocs(project, out);
}

/**
 * What the namespaces of the library export without a doc comment.
 * @param {import("typedoc").ProjectReflection} project
 */
function undocumented({ children = [] }) {
  const spaces = children.filter((child) => child.kindOf(ReflectionKind.Namespace));
  const exported = spaces.flatMap(({ name, children: own = [] }) => own.map((each) => ({ name, each })));
  const own = exported.filter(({ each }) => each.isDeclaration() && !each.kindOf(ReflectionKind.Namespace)); // not TensorFlow
  return own
    .filter(({ each }) => !each.hasComment() && !each.signatures?.some((one) => one.hasComment()))
    .map(({ name, each }) => `${name}.${each.name}`);
}
