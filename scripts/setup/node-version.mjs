/** The range of package.json's "engines": older ones cannot require ES modules. */
export const NODE_RANGE = "^20.19 || >=22.12";

/**
 * Whether DMO Lab runs on this Node.
 * @param {string} version as in process.versions.node, for example "20.19.4"
 */
export function supportsNode(version) {
  const [major, minor] = version.split(".").map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
}

/** Ends the process with one line on a Node outside of the range. */
export function requireNode() {
  const version = process.versions.node;
  if (supportsNode(version)) return;
  console.error(`DMO Lab needs Node ${NODE_RANGE}, and this is Node ${version}: install Node 24, then run this again.`);
  process.exit(1);
}
