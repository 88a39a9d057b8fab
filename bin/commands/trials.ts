import path from "node:path";
import { InputError } from "@dmo-lab/input/errors";
import { TRUST, defineCommand, wholeNumber } from "../command.js";
import type { Safety } from "../../robots/go2/go2-safety.js";
import { table } from "../terminal.js";

export const command = defineCommand({
  name: "trials",
  summary: "test a Go2 policy: tracking and falls, in nominal physics and in others",
  usage: "POLICY [options]",
  operands: { min: 1, max: 1 },
  options: {
    episodes: { value: "N", help: "episodes of each condition (default 20)" },
    seed: { value: "K", help: "seed of starts, commands, pushes and noise (default 0)" },
    episode: {
      value: "FILE",
      help: "writes an episode in nominal physics with commands one after another, step by step, to a file named .json",
    },
    ...TRUST,
    out: { value: "FILE", help: "writes the numbers as JSON too, to a file named .json" },
  },
  notes: () =>
    `POLICY is the folder of a run or a policy file (data/policies/go2.json). Errors are means of |actual - commanded| over all
steps, of the velocity averaged over a period of the gait (1/3 s): forward and left [m/s], turning [rad/s]; the JSON has
those of the velocity itself as well. Standing: share of an episode's time within about 26 degrees of the front-leg stand.

The second table is what the policy asks of the robot, every 0.02 s: the largest torque and joint speed as shares of their limits,
the mean change of a torque [N m/s], work over way [J/m], speed of feet on the ground [m/s], each foot's share of time on the ground
(FL, FR, RL, RR), and the share of feet that are where the clock wants them.`,

  async run({ options, operands: [file] }) {
    const episodes = wholeNumber("episodes", options.episodes ?? "20", 1, 1000);
    const seed = wholeNumber("seed", options.seed ?? "0", 0);
    for (const name of ["out", "episode"] as const)
      if (options[name] !== undefined && !options[name].endsWith(".json"))
        throw new InputError(`option --${name} is "${options[name]}"; allowed: a file named .json.`);
    const { useBackend } = await import("@dmo-lab/jit/backend");
    const { demonstrate, isGo2, tryInConditions } = await import("../../robots/go2/go2-demonstration.js");
    const { go2Tasks, isOnTwoLegs } = await import("../../robots/go2/go2-trials.js");
    const { writeAtomically } = await import("@dmo-lab/storage/files");
    const { openPolicy } = await import("../session.js");
    await useBackend();
    const { policy } = await openPolicy(file, options);
    const { task: name } = policy;
    if (!isGo2(name))
      throw new InputError(`policy "${file}" is one of ${name}; allowed: ${Object.keys(go2Tasks).join(", ")}.`);
    const act = (seen: Float32Array): Float32Array => policy.act(seen);
    const write = (to: string, content: object): void => writeAtomically(to, JSON.stringify(content, null, 2) + "\n");
    if (options.episode) write(options.episode, demonstrate(name, act, seed));
    const tried = tryInConditions(name, act, { episodes, seed });
    policy.dispose();
    const digits = (values: readonly number[]): string[] => values.map((x) => x.toFixed(3));
    console.log(
      table(
        [
          ["condition", "falls", "forward", "left", "turning", "standing", "return"],
          ...tried.conditions.map(({ condition, falls, smoothErrors, standing, return: earned }) => [
            condition,
            `${falls} of ${episodes}`,
            ...digits(smoothErrors),
            isOnTwoLegs(name) ? `${(100 * standing).toFixed(0)} %` : "-",
            earned.toFixed(1),
          ]),
        ],
        [1, 2, 3, 4, 5, 6],
      ),
    );
    console.log(`\n${table(safetyRows(tried.conditions), [1, 2, 3, 4, 5, 6, 7])}`);
    if (options.out) write(options.out, { policy: path.basename(file), ...tried });
    return 0;
  },
});

function safetyRows(conditions: readonly { condition: string; safety: Safety }[]): string[][] {
  const percent = (x: number): string => `${(100 * x).toFixed(0)} %`;
  return [
    ["condition", "peak torque", "peak speed", "torque rate", "energy", "slip", "duty", "on the clock"],
    ...conditions.map(({ condition, safety: { peakTorque, peakSpeed, torqueRate, energy, slip, duty, onClock } }) => [
      ...[
        condition,
        percent(peakTorque),
        percent(peakSpeed),
        torqueRate.toFixed(0),
        energy.toFixed(0),
        slip.toFixed(3),
      ],
      ...[duty.map(percent).join(" "), percent(onClock)],
    ]),
  ];
}
