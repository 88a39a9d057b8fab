import { existsSync } from "node:fs";
import path from "node:path";
import { defineCommand } from "../command.js";

const SEED = 1;
/** The preset laptop on Hopper with half of its updates, which is enough for a few minutes. */
const QUICK = ["preset=laptop", "dynamics.updates=32"];
/** Shortened, with learning rates that fall to the end. */
const SHORT = [...QUICK, "epochs=500", "decayEpochs=500"];
/** Without native TensorFlow: smaller networks and fits, which still learn to hop. */
const SHORT_AND_SMALL = [
  ...QUICK,
  ...["epochs=250", "decayEpochs=250", "dynamics.hidden=128,128", "dynamics.initialUpdates=500"],
];

export const command = defineCommand({
  name: "start",
  summary: "the tour: DMO learns Hopper in minutes, with a score and a learning curve",
  usage: "",
  operands: { min: 0, max: 0 },
  options: {},

  async run() {
    const { resolveConfig } = await import("../../lib/training/config.js");
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { backendLine, trainInto } = await import("../session.js");
    const { writeReport } = await import("../report-file.js");
    const say = (line: string): void => console.log(line);
    const backend = await useBackend();
    const native = backend.name === "tensorflow";
    say(backendLine(backend));
    if (!native)
      say(
        "Networks as with native TensorFlow would take long here: smaller ones are trained, and the score will be lower.",
      );
    say(`The paper's own settings take longer: ${PAPER}`);
    const settings = native ? SHORT : SHORT_AND_SMALL;
    const config = resolveConfig("hopper", "dmo", SEED, settings);
    const directory = freshFolder(path.join("runs", "hopper-dmo-start"));
    const code = await trainInto(directory, config, backend, {
      say,
      live: true,
      goOn: trainCommand(directory, settings),
    });
    if (code !== 0) return code;
    const file = path.join(directory, "report.html");
    writeReport([directory], file);
    say(`Learning curve: open ${path.resolve(file)} in a browser`);
    return 0;
  },
});

const PAPER = `npx dmo-lab train --task hopper --algorithm dmo --seed ${SEED}`;

/** The same run as a command of its own, going on. */
const trainCommand = (directory: string, settings: readonly string[]): string =>
  `${PAPER} ${settings.map((each) => `--set ${each}`).join(" ")} --out ${directory} --resume`;

/** `folder`, or `folder-2`, `folder-3`, ...: the first that does not exist. */
function freshFolder(folder: string): string {
  let name = folder;
  for (let k = 2; existsSync(name); k++) name = `${folder}-${k}`;
  return name;
}
