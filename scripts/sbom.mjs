/**
 * Writes the software bill of materials (CycloneDX 1.5, JSON): every npm package of package-lock.json with its licence and
 * hash, as npm tells them without a network, and what the set-up gets from elsewhere.
 *
 *   node scripts/sbom.mjs [FILE]     default dist/sbom.cdx.json
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CUDA_WHEELS, WHEELS } from "./setup/wheels.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @typedef {{ name: string, version: string, purl: string, [field: string]: unknown }} Component */
/** @typedef {{ metadata: { component: Component }, components: Component[], [field: string]: unknown }} Bill */

/** @returns {Bill} */
function npmBill() {
  const windows = process.platform === "win32";
  const args = ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"];
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd: root, shell: windows, encoding: "utf8", maxBuffer: 1e8 }); // prettier-ignore
  if (status !== 0) throw new Error(`npm ${args.join(" ")}: ${stderr}`);
  return JSON.parse(stdout);
}

/**
 * @param {string} requirement `name==version`
 * @param {object} more
 */
function pythonPackage(requirement, more = {}) {
  const [name, version] = requirement.split("==");
  const purl = `pkg:pypi/${name}@${version}`;
  return { "bom-ref": purl, type: "library", name, version, scope: "optional", purl, ...more };
}

/** Requirements that are pinned in the repository; what these demand in turn is pip's choice. */
const requirements = ["requirements", "requirements-course", "requirements-tensorboard", "examples/deploy/requirements"]
  .flatMap((file) => readFileSync(join(root, `${file}.txt`), "utf8").split("\n"))
  .filter((line) => line.includes("=="));
const wheels = [...Object.values(WHEELS), ...CUDA_WHEELS].flatMap((wheel) => wheel ?? []);

const bill = npmBill();
bill.metadata.component.name = "dmo-lab"; // npm takes the folder's
bill.components = bill.components.filter(({ purl }) => !purl.startsWith("pkg:npm/%40dmo-lab/"));
bill.components.push(
  ...requirements.map((requirement) => pythonPackage(requirement)),
  ...wheels.map(({ requirement, sha256 }) =>
    pythonPackage(requirement, {
      licenses: [{ license: requirement.startsWith("nvidia-") ? { name: "NVIDIA" } : { id: "Apache-2.0" } }],
      hashes: [{ alg: "SHA-256", content: sha256 }],
    }),
  ),
);
const file = process.argv[2] ?? join(root, "dist", "sbom.cdx.json");
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
console.log(`${file}: ${bill.components.length} components`);
