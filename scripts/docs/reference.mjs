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
 * What the namespaces of the library export and nothing tells of: symbols without a doc comment; members of classes,
 * interfaces and records, and parameters of functions, that neither have one nor are named in the comment of what they
 * belong to.
 * @param {import("typedoc").ProjectReflection} project
 * @returns {string[]}
 */
function undocumented({ children = [] }) {
  const spaces = children.filter((child) => child.kindOf(ReflectionKind.Namespace));
  return spaces.flatMap(({ name, children: own = [] }) =>
    own.flatMap((each) => silentIn(each, `${name}.${each.name}`)),
  );
}

/**
 * @param {import("typedoc").DeclarationReflection | import("typedoc").ReferenceReflection} each
 * @param {string} path
 * @returns {string[]}
 */
function silentIn(each, path) {
  if (!each.isDeclaration() || each.kindOf(ReflectionKind.Namespace)) return []; // TensorFlow
  if (!isTold(each)) return [path];
  const members = membersOf(each).filter((member) => !isTold(member) && !isNamed(member.name, each.comment));
  return [...members.map(({ name }) => `${path}.${name}`), ...silentParameters(each).map((name) => `${path}(${name})`)];
}

/** @param {import("typedoc").DeclarationReflection} each */
const isTold = (each) =>
  each.hasComment() || [...(each.signatures ?? []), each.getSignature].some((one) => one?.hasComment());

/** @param {string} name @param {import("typedoc").Comment | undefined} comment */
const isNamed = (name, comment) =>
  new RegExp(`(?<![\\w.])${name}(?!\\w)`).test((comment?.summary ?? []).map(({ text }) => text).join(""));

/**
 * Own public members of a class, an interface or a record.
 * @param {import("typedoc").DeclarationReflection} each
 * @returns {import("typedoc").DeclarationReflection[]}
 */
function membersOf(each) {
  if (!each.kindOf([ReflectionKind.Class, ReflectionKind.Interface, ReflectionKind.TypeAlias])) return [];
  const { children = [], type } = each;
  const parts = type?.type === "intersection" ? type.types : type ? [type] : [];
  const records = parts.flatMap((part) => (part.type === "reflection" ? (part.declaration.children ?? []) : []));
  return [...children, ...records].filter((child) => !child.inheritedFrom && !child.kindOf(ReflectionKind.Constructor));
}

/** @param {import("typedoc").DeclarationReflection} each */
const silentParameters = ({ signatures = [], kind }) =>
  (kind === ReflectionKind.Function ? signatures : []).flatMap(({ comment, parameters = [] }) =>
    parameters
      .filter(({ name, comment: own }) => !own && name !== TAKEN_APART && !isNamed(name, comment))
      .map(({ name }) => name),
  );

/** TypeDoc's name of a record that a function takes apart: its type says what is in it. */
const TAKEN_APART = "__namedParameters";
