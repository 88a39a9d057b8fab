import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { BINDING } from "./setup/binding.mjs";
import { withLock } from "./setup/lock.mjs";
import { downloadWheel, linkLibraries, wheelPath } from "./setup/wheel.mjs";
import { WHEELS } from "./setup/wheels.mjs";

// The real set-up in copies of this project, with the network as it is: about ten minutes, 3 GB of disk for a while.

type Outcome = { status: number | null; output: string; seconds: number };
type Environment = Record<string, string | undefined>;

const PACKAGE = join("node_modules", "@tensorflow", "tfjs-node");
const NOWHERE = "http://127.0.0.1:9";
const OFFLINE = Object.fromEntries(
  ["HTTP_PROXY", "HTTPS_PROXY", "npm_config_proxy", "npm_config_https_proxy"].flatMap((name) => [
    [name, NOWHERE],
    [name.toLowerCase(), NOWHERE],
  ]),
);

let home = "";
let ready = "";
let cache = "";
/** What a set-up of the ready checkout takes where nothing is asked of a network: the rest of another's time is waiting. */
let workSeconds = 0;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "dmo-lab-setup-"));
  ready = checkout("ready");
  cache = join(home, "cache");
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** What the set-up needs of this project, with a library of one line. */
function checkout(name: string): string {
  const root = join(home, name);
  const parts = "scripts viewer packages bin/dmo-lab.mjs package.json package-lock.json .npmrc tsconfig.json".split(
    " ",
  );
  for (const part of parts)
    cpSync(part, join(root, part), { recursive: true, filter: (file) => basename(file) !== "dist" });
  mkdirSync(join(root, "api"));
  writeFileSync(join(root, "api/index.ts"), "export const answer = 42;\n");
  writeFileSync(join(root, "bin/main.ts"), "export const main = (): Promise<number> => Promise.resolve(0);\n");
  return root;
}

function start(root: string, env: Environment, args: string[]) {
  return spawn(process.execPath, [join(root, "scripts/setup.mjs"), ...args], {
    env: { ...process.env, DMO_LAB_CACHE: cache, ...env },
  });
}

async function setUp(root: string, env: Environment = {}, args: string[] = []): Promise<Outcome> {
  const begin = performance.now();
  const child = start(root, env, args);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await once(child, "close");
  const outcome = { status: child.exitCode, output, seconds: (performance.now() - begin) / 1000 };
  console.log(`${output.trim()}\n(${outcome.seconds.toFixed(1)} s)`);
  return outcome;
}

/** Makes the ready checkout forget its binding, and gives it another cache. */
function withoutTensorFlow(name: string): Environment {
  for (const path of ["node_modules/.dmo-lab.json", join(PACKAGE, "deps"), join(PACKAGE, "lib")]) {
    rmSync(join(ready, path), { recursive: true, force: true });
  }
  return { DMO_LAB_CACHE: join(home, name) };
}

/** PATH without some commands. */
function pathWithout(commands: RegExp): string {
  const folder = mkdtempSync(join(home, "path-"));
  const folders = (process.env.PATH ?? "").split(delimiter).filter((path) => existsSync(path));
  for (const path of folders) {
    for (const name of readdirSync(path)) {
      if (!commands.test(name) && !existsSync(join(folder, name))) symlinkSync(join(path, name), join(folder, name));
    }
  }
  return folder;
}

const isNative = (outcome: Outcome) => {
  expect(outcome.output).toMatch(/is set up \(native TensorFlow/);
  expect(outcome.status).toBe(0);
};

const isWasm = (outcome: Outcome, reason: RegExp) => {
  expect(outcome.output).toMatch(reason);
  expect(outcome.output).toMatch(/is set up \(WASM backend/);
  expect(outcome.status).toBe(0);
};

async function serve(listener: RequestListener): Promise<Environment> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { TFJS_NODE_CDN_STORAGE: address, npm_config_tfjs_binding_binary_host_mirror: address };
}

test("a fresh checkout gets native TensorFlow, and a second run takes a small part of that", async () => {
  const first = await setUp(ready);
  isNative(first);
  expect(existsSync(join(ready, "dist/api/index.js"))).toBe(true);
  expect(realpathSync(join(ready, PACKAGE, BINDING))).toContain(realpathSync(cache));
  const second = await setUp(ready, {}, ["--quiet"]);
  expect(second).toMatchObject({ status: 0, output: "" });
  expect(second.seconds).toBeLessThan(first.seconds / 10);
});

test("a second checkout needs no network", async () => {
  isNative(await setUp(checkout("second"), OFFLINE));
});

test.each([
  ["Python", /^(python|pip)/, /no Python with pip/],
  ["a compiler", /^(g\+\+|c\+\+|clang)/, /no C\+\+ compiler/],
])("without %s there is WASM, said once; later it is repaired by npm run setup", async (_, commands, reason) => {
  const env = withoutTensorFlow(`without-${commands.source.length}`);
  const poor = { ...env, PATH: pathWithout(commands), CXX: "" };
  const first = await setUp(ready, poor);
  isWasm(first, reason);
  expect(first.output).toMatch(/To try again: .*npm run setup/);
  expect(first.output).not.toContain("Downloading libtensorflow");
  expect((await setUp(ready, poor, ["--quiet"])).output).toBe("");
  isNative(await setUp(ready, env, ["--retry"]));
});

test("--backend wasm downloads nothing for it, and stays until npm run setup", async () => {
  const env = withoutTensorFlow("chosen");
  const chosen = await setUp(ready, env, ["--backend", "wasm"]);
  isWasm(chosen, /Without native TensorFlow, as asked/);
  expect(existsSync(env.DMO_LAB_CACHE!)).toBe(false);
  expect(await setUp(ready, env, ["--quiet"])).toMatchObject({ status: 0, output: "" });
  workSeconds = chosen.seconds;
  const native = await setUp(ready, env, ["--retry"]);
  expect(native.output).toMatch(/about 200 MB to download, 600 MB in .*chosen/);
  isNative(native);
});

test("without a network there is WASM after some seconds", async () => {
  const outcome = await setUp(ready, { ...withoutTensorFlow("offline"), ...OFFLINE });
  isWasm(outcome, /official download: .*; pip download.*no package index can be reached/);
  expect(outcome.seconds - workSeconds).toBeLessThan(30);
});

test("without a network and without npm's cache there is one clear line", async () => {
  const root = checkout("nothing");
  const outcome = await setUp(root, { ...OFFLINE, npm_config_cache: join(home, "no-npm-cache") });
  expect(outcome.status).toBe(1);
  expect(outcome.output).toMatch(/^npm could not fetch the packages \(\w+\): check the network.*$/m);
  expect(outcome.output).not.toMatch(/^\s+at /m);
  expect(existsSync(join(root, "node_modules"))).toBe(false);
});

test("a host that accepts and then says nothing costs some seconds", async () => {
  const env = { ...withoutTensorFlow("silent"), PATH: pathWithout(/\+\+|clang/), CXX: "" };
  const outcome = await setUp(ready, { ...env, ...(await serve(() => undefined)) });
  isWasm(outcome, /official download: nothing arrived for 8 s; there is no C\+\+ compiler/);
  expect(outcome.seconds - workSeconds).toBeLessThan(30);
});

test("the official download is used where its host answers, and its binding is compiled where that is missing", async () => {
  // The real host serves the same library in such an archive.
  const wheel = WHEELS[`${process.platform}-${process.arch}`]!;
  const folder = join(home, "official");
  mkdirSync(folder);
  expect(await downloadWheel(wheel, "python3", folder)).toBeUndefined();
  const unpacked = spawnSync("python3", ["scripts/setup/unpack.py", wheelPath(wheel, folder), folder]);
  expect(unpacked.status).toBe(0);
  linkLibraries(join(folder, "lib"));
  const archive = join(folder, "libtensorflow.tar");
  expect(spawnSync("tar", ["-cf", archive, "lib", "include"], { cwd: folder }).status).toBe(0);
  const host = await serve((request, response) => {
    if (request.url?.endsWith("2.9.1.tar.gz")) createReadStream(archive).pipe(response);
    else response.writeHead(404).end();
  });
  const noHeaders = { npm_config_nodedir: join(home, "nowhere") };
  const outcome = await setUp(ready, { ...withoutTensorFlow("official-cache"), ...host, ...noHeaders });
  isNative(outcome);
  expect(outcome.output).toContain("Compiling the TensorFlow binding");
  expect(outcome.output).not.toContain("pip");
});

test("a set-up that was cut short is repaired", async () => {
  isNative(await setUp(ready));
  // A package of the installation.
  rmSync(join(ready, "node_modules/seedrandom"), { recursive: true });
  isNative(await setUp(ready, OFFLINE));
  expect(existsSync(join(ready, "node_modules/seedrandom/package.json"))).toBe(true);
  // npm's list of what it has installed.
  rmSync(join(ready, "node_modules/.package-lock.json"));
  isNative(await setUp(ready, OFFLINE));
  // The binding, and the links to the libraries.
  rmSync(join(ready, PACKAGE, "lib"), { recursive: true });
  isNative(await setUp(ready, OFFLINE));
  rmSync(join(ready, PACKAGE, "deps"), { recursive: true });
  isNative(await setUp(ready, OFFLINE));
  rmSync(join(ready, "dist/bin/main.js"));
  isNative(await setUp(ready, OFFLINE));
  expect(existsSync(join(ready, "dist/bin/main.js"))).toBe(true);
});

test("a broken cache is made again", async () => {
  isNative(await setUp(ready));
  const [name] = readdirSync(cache).filter((entry) => entry.startsWith("tfjs-node-"));
  truncateSync(join(cache, name, "deps/lib/libtensorflow_cc.so.2"), 1_000_000);
  writeFileSync(join(cache, "tensorflow-cpu==2.15.0-manylinux2014_x86_64.whl"), "half a wheel");
  mkdirSync(join(cache, "stage-1/deps"), { recursive: true });
  const outcome = await setUp(ready, {}, ["--retry"]);
  expect(outcome.output).toContain("does not load");
  isNative(outcome);
  expect(readdirSync(cache)).toEqual([name]);
});

test("killed at any moment, the next run finishes the work", async () => {
  const root = checkout("killed");
  const env = { DMO_LAB_CACHE: join(home, "killed-cache") };
  await killAfter(root, env, "Installing", 3_000);
  await killAfter(root, env, "npm packages installed", 0);
  await killAfter(root, env, "Downloading libtensorflow", 700);
  await killAfter(root, env, "Unpacking", 1_000);
  await killAfter(root, env, "Compiling the TensorFlow binding", 1_000);
  await killAfter(root, env, "Linking", 0);
  await killAfter(root, env, "Compiling TypeScript", 200);
  isNative(await setUp(root, env));
  expect(readdirSync(join(root, ".cache"))).toEqual(["install"]);
  expect(readdirSync(env.DMO_LAB_CACHE).filter((name) => name !== "lock")).toEqual([
    expect.stringMatching(/^tfjs-node-/),
  ]);
});

/** Starts the set-up and kills it some milliseconds after it has said `phrase`. Its children are left to themselves. */
async function killAfter(root: string, env: Environment, phrase: string, milliseconds: number): Promise<void> {
  const child = start(root, env, []);
  const ended = once(child, "close");
  let output = "";
  await new Promise<void>((resolve, reject) => {
    child.on("exit", () => reject(new Error(`ended without saying "${phrase}": ${output}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(phrase)) resolve();
    });
  });
  await sleep(milliseconds);
  child.kill("SIGKILL");
  await ended;
}

test("two set-ups of one checkout and one of another do every step once", async () => {
  const env = { DMO_LAB_CACHE: join(home, "shared-cache") };
  const [one, other] = [checkout("one"), checkout("other")];
  const outcomes = await Promise.all([setUp(one, env), setUp(one, env), setUp(other, env)]);
  outcomes.forEach(isNative);
  const count = (text: string) => outcomes.filter(({ output }) => output.includes(text)).length;
  expect(count("Installing")).toBe(2);
  expect(count("Downloading libtensorflow")).toBe(1);
  expect(count("waiting for it")).toBe(2);
});

test("the lock of a process that may be another one by now is taken over after a while", async () => {
  const path = join(home, "lock");
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), token: "another time" }));
  const begin = performance.now();
  await withLock(path, () => Promise.resolve());
  expect(performance.now() - begin).toBeGreaterThan(50_000);
});
