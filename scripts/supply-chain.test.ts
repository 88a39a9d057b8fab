import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow } from "./setup/files.mjs";
import { temporaryFolder } from "../tests/temporary.js";
import { CUDA_WHEELS, WHEELS } from "./setup/wheels.mjs";

type Entry = { version: string; license?: string; integrity?: string; link?: boolean; hasInstallScript?: boolean };

const page = readFileSync("docs/supply-chain.md", "utf8");
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, string>>;
const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Entry> };
const { "": project, ...installed } = lock.packages;
/** Those of others: the project's own are linked from packages/. */
const packages = Object.fromEntries(Object.entries(installed).filter(([folder]) => folder.startsWith("node_modules/")));
const nameOf = (folder: string): string => folder.split("node_modules/").at(-1)!;

/** The first `columns` cells of the rows of the tables below a heading, without code marks. */
function rows(heading: string, columns: number): string[][] {
  const [, section] = page.split(`\n## ${heading}\n`);
  const lines = section.split("\n## ")[0].split("\n");
  return lines
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").slice(1, columns + 1).map((cell) => cell.trim().replaceAll("`", ""))); // prettier-ignore
}

describe("docs/supply-chain.md", () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  const direct = Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith("@dmo-lab/")));

  it("lists all direct dependencies, with the versions and licences that are installed", () => {
    const expected = Object.keys(direct).map((name) => {
      const { version, license } = name === "dmo-lab" ? project : packages[`node_modules/${name}`];
      return [name, version, license];
    });
    expect(rows("npm packages", 3)).toEqual(expected);
  });

  it("lists all Python packages that are pinned", () => {
    const names = ["requirements", "requirements-course", "requirements-tensorboard", "examples/deploy/requirements"];
    const files = names.map((name) => `${name}.txt`);
    const pinned = files.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/^([\w.-]+)==(\S+)/gm)].map(([, name, version]) => [name, version, file]),
    );
    const wheels = [...Object.values(WHEELS), ...CUDA_WHEELS].map((wheel) => [
      ...wheel!.requirement.split("=="),
      "scripts/setup/wheels.mjs",
    ]);
    const listed = rows("Python packages", 5).map(([name, version, , , where]) => [name, version, where]);
    expect(listed).toEqual([...pinned, ...wheels]);
  });

  it("names the packages that would run scripts when they are installed", () => {
    const scripted = Object.keys(packages).filter((folder) => packages[folder].hasInstallScript);
    const [, named] = /Packages that have one:([^.]*)\. None/.exec(page)!;
    expect(named.match(/[@\w/-]+/g)).toEqual(scripted.map(nameOf));
  });

  it("may say that no dependency is unused", () => {
    const folders = [
      "lib",
      "baselines",
      "packages",
      "tools",
      "bin",
      "browser",
      "viewer",
      "scripts",
      "tests",
      "notebooks",
    ];
    const sources = ["package.json", ...folders.flatMap((folder) => filesBelow(folder))]
      .filter((file) => /\.(m?[jt]s|json)$/.test(file) && !file.endsWith("supply-chain.test.ts"))
      .map((file) => (file === "package.json" ? JSON.stringify(manifest.scripts) : readFileSync(file, "utf8")))
      .concat(readFileSync("eslint.config.mjs", "utf8"));
    const used = (name: string): boolean => sources.some((text) => text.includes(name));
    const unused = Object.keys(direct).filter((name) => !used(name.replace(/^@types\//, "")) && name !== "@types/node");
    expect(unused).toEqual([]);
  });
});

it("the lock file names no host, and has a SHA-512 for every package", () => {
  expect(readFileSync("package-lock.json", "utf8")).not.toMatch(/"resolved": "http|"(registry|tarball)"/);
  const unsigned = Object.entries(packages).filter(([, { link, integrity }]) => !link && !/^sha512-/.test(integrity!));
  expect(unsigned).toEqual([]);
});

it("npm runs no install scripts here", () => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)));
  const windows = process.platform === "win32";
  const { stdout } = spawnSync("npm", ["config", "get", "ignore-scripts"], { env, shell: windows, encoding: "utf8" });
  expect(stdout.trim()).toBe("true");
});

it("npm run sbom writes a bill of every package, with its hash and licence", () => {
  const file = join(temporaryFolder(), "bill.json");
  const { stderr, status } = spawnSync(process.execPath, ["scripts/sbom.mjs", file], { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  type Component = { name: string; version: string; hashes?: { content: string }[]; licenses?: object[]; purl: string };
  const bill = JSON.parse(readFileSync(file, "utf8")) as { metadata: object; components: Component[] };
  expect(bill).toMatchObject({
    ...{ bomFormat: "CycloneDX", specVersion: "1.5" },
    metadata: { component: { name: "dmo-lab", version: project.version } },
  });
  const [python, npm] = [true, false].map((pypi) => bill.components.filter(({ purl }) => purl.startsWith("pkg:pypi/") === pypi)); // prettier-ignore
  const identity = (name: string, version: string, hash?: string) => `${name}@${version} ${hash}`;
  const wanted = Object.entries(packages)
    .filter(([, { link }]) => !link)
    .map(([folder, { version, integrity }]) =>
      identity(nameOf(folder), version, Buffer.from(integrity!.slice("sha512-".length), "base64").toString("hex")),
    );
  const billed = npm.map(({ name, version, hashes }) => identity(name, version, hashes![0].content));
  expect(new Set(billed)).toEqual(new Set(wanted));
  expect(npm.filter(({ licenses }) => !licenses).map(({ name }) => name)).toEqual(["typed-function"]);
  expect(python.map(({ name, version }) => [name, version])).toEqual(rows("Python packages", 2));
  expect(python.flatMap(({ hashes = [] }) => hashes)).toHaveLength(Object.keys(WHEELS).length + CUDA_WHEELS.length);
});
