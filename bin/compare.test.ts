import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Comparison } from "../tools/study/compare.js";
import { resolveConfig } from "../lib/training/config.js";
import { csvHeader, csvRow } from "../lib/training/metrics.js";
import { temporaryFolder } from "../tests/temporary.js";
import { runHere } from "../tests/command-line.js";
import { machine } from "../tests/machine.js";

const EPOCHS = 40;
const config = (algorithm: string, seed: number, ...settings: string[]) =>
  resolveConfig("hopper", algorithm, seed, [`epochs=${EPOCHS}`, ...settings]);
const metrics = (top: number): string =>
  csvHeader() +
  Array.from({ length: EPOCHS }, (_, epoch) =>
    csvRow({
      epoch,
      samples: 100 * (epoch + 1),
      return: (top * (epoch + 1)) / EPOCHS,
      wall_seconds: epoch + 1,
      model_loss: -epoch,
    }),
  ).join("");

/** Results of DMO and SHAC on Hopper, three seeds each, as files by path. */
function results(): { [file: string]: string } {
  const runs = ["dmo", "shac"].flatMap((algorithm) => [1, 2, 3].map((seed) => ({ algorithm, seed })));
  const evaluation = { mean: 1, std: 0, episodes: 1, returns: [1] };
  const record = { machine, evaluation, epochs: EPOCHS, rowsEvery: 1, partial: false };
  return Object.fromEntries(
    runs.flatMap(({ algorithm, seed }) => [
      [`hopper/${algorithm}/seed${seed}.json`, JSON.stringify({ config: config(algorithm, seed), ...record })],
      [`hopper/${algorithm}/seed${seed}.csv`, metrics(100 * seed + (algorithm === "dmo" ? 50 : 0))],
    ]),
  );
}

test("results become two tables, a page, pictures and CSV", async () => {
  const [runs, out] = [temporaryFolder(results()), join(temporaryFolder(), "figures")];
  const { code, stdout, stderr } = await runHere("compare", runs, "--out", out, "--baseline", "shac");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^hopper +dmo +3 \(1, 2, 3\) +4,000 +247 +14\d to 3\d\d$/m);
  expect(stdout).toMatch(/^dmo +0\.\d{3} \(.*\) .* 0\.667 \(.*\)$/m);
  expect(stdout).toMatch(/^Note: The 95 % interval of a mean over 3 seeds is too narrow/m);
  const names = ["aggregate", "curves", "scores"].flatMap((figure) => [`${figure}.png`, `${figure}.svg`]);
  expect(readdirSync(out).sort()).toEqual([...names, "aggregates.csv", "final.csv", "index.html"].sort());
  expect(readFileSync(join(out, "curves.png")).subarray(1, 4).toString()).toBe("PNG");
  expect(readFileSync(join(out, "curves.svg"), "utf8")).toContain(">Hopper: return</tspan>");
  expect(readFileSync(join(out, "index.html"), "utf8")).toContain("<h1>DMO, SHAC on Hopper</h1>");

  const again = await runHere("compare", runs, "--out", out, "--metric", "model_loss");
  expect(again.stdout).not.toContain("IQM");
  expect(readdirSync(out).sort()).toEqual(["curves.png", "curves.svg", "final.csv", "index.html"]);
});

test("of many methods six are shown, and the others on request", async () => {
  const files = Object.entries(results()).filter(([file]) => file.includes("/dmo/"));
  const more = ["a", "b", "c", "d", "e", "f", "g"].flatMap((letter) => files.map(([file, text]) => [file.replace("/dmo/", `/dmo+${letter}/`), text] as const)); // prettier-ignore
  const folder = temporaryFolder(Object.fromEntries([...files, ...more]));
  const shown = async (...argv: string[]) => JSON.parse((await runHere("compare", folder, "--json", ...argv)).stdout) as Comparison; // prettier-ignore
  const few = await shown();
  expect(few.groups.map(({ method }) => method)).toEqual(["dmo", "dmo+a", "dmo+b", "dmo+c", "dmo+d", "dmo+e"]);
  expect(few.notes[0]).toBe("Not shown, unless --methods names them (or all): dmo+f, dmo+g.");
  expect((await shown("--methods", "all")).groups).toHaveLength(8);
  const two = await shown("--methods", "dmo+g,dmo", "--tasks", "hopper", "--metric", "score");
  expect(two.groups.map(({ method, values }) => [method, values])).toEqual([["dmo", [1, 1, 1]], ["dmo+g", [1, 1, 1]]]); // prettier-ignore
});

test("a run's folder is compared as well, its settings as its variant; JSON alone writes nothing", async () => {
  const run = temporaryFolder({
    "config.json": JSON.stringify(config("dmo", 1, "horizon=8", "critic.minibatches=2")),
    "machine.json": JSON.stringify(machine),
    "metrics.csv": metrics(80),
  });
  const [here, elsewhere] = [process.cwd(), temporaryFolder()];
  process.chdir(elsewhere);
  onTestFinished(() => process.chdir(here));
  const { code, stdout } = await runHere("compare", run, temporaryFolder(results()), "--json", "--at", "3000");
  const { groups } = JSON.parse(stdout) as Comparison;
  expect(groups.map(({ method, seeds, samples }) => [method, seeds, samples])).toEqual([
    ["dmo+horizon=8,critic.minibatches=2", [1], 3000],
    ["dmo", [1, 2, 3], 3000],
    ["shac", [1, 2, 3], 3000],
  ]);
  expect(code).toBe(0);
  expect(readdirSync(elsewhere)).toEqual([]);
});

test.each([
  [["--metric", "retrun"], /^metric "retrun" is unknown\. Did you mean "return"\?/],
  [["--against", "time"], /^against "time" is unknown\. Allowed: samples, wall\./],
  [["--baseline", "ppo"], /^baseline "ppo" is unknown\..* Allowed: dmo, shac\./],
  [["--at", "1.5"], /^option --at is "1\.5"; allowed: a whole number from 1\./],
  [["--out", "package.json"], /^--out "package\.json" is a file; allowed: a folder\./],
])("refuses %j", async (options, message) => {
  const { code, stderr } = await runHere("compare", temporaryFolder(results()), ...options);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test("refuses a folder with neither results nor a run", async () => {
  const empty = temporaryFolder();
  const { code, stderr } = await runHere("compare", empty);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: `"${empty}" holds no results and no run; allowed: a folder with <task>/<algorithm>/seed<k>.csv, or that of a run.\n`,
  });
  expect((await runHere("compare", join(empty, "none"))).stderr).toMatch(/^results ".*none" can't be read: ENOENT/);
});
