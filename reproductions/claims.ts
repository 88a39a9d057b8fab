// docs/reproductions.md: the paper's claims beside what the committed runs show. Every number is computed from them.
import { report, study } from "../api/index.js";
import { LAPTOP_METHODS, METHODS } from "./aggregate-panels.js";
import { besideAuthors } from "./f5.js";
import { afterEqualSamples } from "./f6.js";
import { ablated } from "./f8.js";
import { GO2 } from "./go2.js";
import { go2Claims } from "./go2-claims.js";
import { GRADIENT_METHODS, meanCosine, meansAt, momentsOf, titleOf } from "./gradients.js";
import { alike, atEqual, type Final, isWhole, leastDone, methodName, million, type Result, runsOf } from "./measure.js";
import { DIFFERENTIABLE, SIX, standingIn } from "./presets.js";
import type { Verdict } from "./reproduction.js";
import { markdownTable, type Table } from "./table.js";

/** Of two methods: on how many tasks the first has the higher mean, and on how many their intervals are apart as well. */
type Duel = { task: string; better: boolean; apart: boolean; text: string };

type Pair = readonly [string, string];

/** Both methods on a task that both have runs of, after equal samples or time. */
function duel(results: readonly Result[], task: string, pair: Pair, against: study.Against): Duel | undefined {
  const { end, finals } = atEqual(results, task, pair, against);
  const [one, other] = pair.map((method) => finals.find((final) => final.method === method));
  if (!one || !other) return undefined;
  const when = against === "samples" ? `${million(end)} samples` : `${report.number(end / 60, 1)} min`;
  const [a, b] = [one.interval, other.interval];
  const better = one.value > other.value;
  const apart = !!a && !!b && (better ? a[0] > b[1] : b[0] > a[1]);
  return { task, better, apart, text: `${report.title(task)} after ${when}: ${side(one)}, ${side(other)}` };
}

const side = ({ method, value, interval, seeds: list }: Final): string =>
  `${report.title(method)} ${report.number(value)}${interval ? ` (${interval.map((bound) => report.number(bound)).join(" to ")})` : ""}, ${report.counted(list.length, "seed")}`;

/** What duels on these tasks say together. */
function judged(claim: string, tasks: readonly string[], duels: readonly (Duel | undefined)[]): Verdict {
  const found = duels.filter((each) => each !== undefined);
  const [ahead, behind] = [true, false].map((better) => found.filter((each) => each.better === better));
  const sure = (of: readonly Duel[]): string => {
    const apart = of.filter((each) => each.apart).length;
    return apart === of.length ? "intervals apart" : `intervals apart on ${apart}`;
  };
  const open = tasks.length - found.length;
  const parts = [
    ...(ahead.length > 0 ? [`seen on ${ahead.length} (${sure(ahead)})`] : []),
    ...(behind.length > 0 ? [`**the opposite** on ${behind.length} (${sure(behind)})`] : []),
    ...(open > 0 ? [`not tested on ${open}`] : []),
  ];
  const verdict = found.length === 0 ? "not tested: no runs of both yet" : `of ${tasks.length} tasks: ${parts.join(", ")}`; // prettier-ignore
  return { claim, verdict, evidence: found.map(({ text }) => text) };
}

/** A claim that the first of two methods is ahead of the other on these tasks. */
const contest = (
  results: readonly Result[],
  claim: string,
  tasks: readonly string[],
  pair: Pair,
  how: study.Against,
): Verdict =>
  judged(
    claim,
    tasks,
    tasks.map((task) => duel(results, task, pair, how)),
  );

export function verdicts(results: readonly Result[], folder: string): Verdict[] {
  const rivals = METHODS.slice(1);
  const against = (claim: string, rival: string, how: study.Against): Verdict => {
    const whole = `${claim} ${rival === "imagination" ? rival : report.title(rival)}`;
    return contest(results, whole, SIX, ["dmo", rival], how);
  };
  return [
    ...rivals.map((rival) => against("After equal samples DMO's return is higher than that of", rival, "samples")),
    ...rivals.map((rival) => against("After equal time DMO's return is higher than that of", rival, "wall")),
    ...laptopVerdicts(results),
    against("Rolling out the simulator beats rolling out the model: DMO's return is higher than that of", "imagination", "samples"), // prettier-ignore
    gradientVerdict(results, folder),
    ablationVerdict(results),
    ...go2Claims(results, folder),
  ];
}

/** DMO in the preset `laptop`, against MAAC of the authors' kind in the same, and against PPO; on Go2 both are in the preset. */
function laptopVerdicts(results: readonly Result[]): Verdict[] {
  const [dmo, maac, ppo] = LAPTOP_METHODS;
  const standing = standingIn(results);
  const of = (where: string, tasks: readonly string[], rival: string, how: study.Against): Verdict => {
    const after = how === "samples" ? "samples" : "time";
    const claim = `In the preset laptop (${where}), after equal ${after}, DMO's return is higher than that of ${report.title(rival)}`;
    return contest(standing, claim, tasks, [dmo, rival], how);
  };
  const entropy = "on Humanoid with entropy";
  return [
    of(entropy, DIFFERENTIABLE, maac, "samples"),
    of(entropy, DIFFERENTIABLE, maac, "wall"),
    of(entropy, SIX, ppo, "wall"),
    of("Go2", GO2, "ppo+laptop", "samples"),
    of("Go2", GO2, "ppo+laptop", "wall"),
  ];
}

/** Of every run that logged gradients, over training and at the longest horizon. */
function gradientVerdict(results: readonly Result[], folder: string): Verdict {
  const claim = "DMO's gradient is closer to the true one than imagination's";
  const logged = runsOf(results, DIFFERENTIABLE, GRADIENT_METHODS);
  if (logged.length === 0) return { claim, verdict: "not tested: no runs yet", evidence: [] };
  const compared = logged.map((result) => {
    const means = (["dmo_cosine", "imagination_cosine"] as const).map((column) => meanCosine([result], column));
    return { result, means, horizon: horizonText(result, folder) };
  });
  const closer = compared.filter(({ means: [dmo, imagination] }) => dmo > imagination).length;
  return {
    claim,
    verdict: `in ${closer} of ${report.counted(compared.length, "run")}, as mean over training`,
    evidence: compared.map(({ result, means, horizon }) => `${titleOf(result)}, seed ${result.seed}: mean cosine over training DMO ${report.number(means[0], 2)}, imagination ${report.number(means[1], 2)}${horizon}`), // prettier-ignore
  };
}

const horizonText = (result: Result, folder: string): string =>
  momentsOf(result, folder)
    .map((moment) => {
      const [dmo, imagination] = (["dmo_cosine", "imagination_cosine"] as const).map((column) =>
        meansAt(moment, column),
      );
      const last = (points: study.Points): string => report.number(points.y[points.y.length - 1], 2);
      return `; after ${million(moment.samples)} over ${dmo.x[dmo.x.length - 1]} steps DMO ${last(dmo)}, imagination ${last(imagination)}`;
    })
    .join("");

function ablationVerdict(results: readonly Result[]): Verdict {
  const variants = results.filter((result) => ablated(result) !== undefined);
  const found = alike(variants, (result) => `${result.task} ${methodName(result)}`).flatMap((runs) => {
    const compared = duel(results, runs[0].task, [ablated(runs[0])!, methodName(runs[0])], "samples");
    return compared ? [{ ...compared, whole: isWhole(leastDone(runs)) }] : [];
  });
  const counts = [true, false].flatMap((whole) => {
    const of = found.filter((each) => each.whole === whole);
    if (of.length === 0) return [];
    const better = of.filter((each) => each.better).length;
    return [`in ${better} of ${of.length} comparisons over ${whole ? "the whole budget" : "a part of the budget"}`];
  });
  const verdict =
    found.length === 0 ? "not tested: no runs yet" : `DMO as it is has the higher mean ${counts.join(", ")}`;
  return { claim: "DMO's components matter", verdict, evidence: found.map(({ text }) => text) };
}

const NOTHING = "Nothing yet: there are no runs to compare.";
const tableOr = (table: Table): string => (table.rows.length > 0 ? markdownTable(table) : NOTHING);

/** The whole page. */
export function claimsPage(results: readonly Result[], folder: string): string {
  const all = verdicts(results, folder);
  const evidence = all.flatMap(({ claim, evidence }) =>
    evidence.length > 0 ? [`**${claim}**\n\n${evidence.map((line) => `- ${line}`).join("\n")}`] : [],
  );
  return `# What reproduced and what did not

This page is written by \`npm run reproduce\` from the committed runs (\`data/results\`), and a test keeps it so: no result here
is typed. The figures behind it are in [reproductions](../reproductions/README.md). It is meant for a reader who does not
believe us.

## The paper's claims

${markdownTable({ head: ["claim", "what our runs show"], rows: all.map(({ claim, verdict }) => [claim, verdict]) })}

"Seen" means that the mean over seeds is higher. "Intervals apart" means that the 95 % bootstrap intervals of the two means
do not overlap; a method with one seed has none, so nothing with one seed is ever more than an observation. A Go2 is seen to walk
where its trials (\`dmo-lab trials\`) reach all that stands beside their numbers below, and the opposite where they miss one.

${evidence.join("\n\n") || NOTHING}

## Ours beside the authors' code

At equal samples, the mean of our seeds beside single runs of the released code: the first point of theirs that both have, one
in the middle, and the last. This says whether the two are the same
method, and not whether the paper's figures hold. Early in training returns rise steeply, so a small shift in samples is a
large gap there.

${tableOr(besideAuthors(results))}

## DMO, imagination and true gradients after equal samples

${tableOr(afterEqualSamples(results))}

## What to keep in mind

- The paper's aggregates are means over six tasks. A mean over fewer is another quantity; we never put the two on one axis.
- Normalised returns depend on the best method that was run: where ours lack methods or tasks, they are not the paper's.
- Returns are those of the stochastic policy in training, as in the released code: a moving mean of about the last 100
  episodes, which lags behind the policy and is biased to short episodes early.
- Few seeds give intervals that are too narrow ([studies.md](studies.md) has how narrow).
- Minutes are of processors that also did other work. The paper's are of a GPU.
- Runs that are shorter than the official budget are labelled so. Learning rates decay over the official budget, so a
  shortened run is the beginning of the official one, and does not show where it ends.
- Where settings were not released with the paper (MAAC, CartPole, Allegro, the bipedal task) ours are our choice:
  [tables](../reproductions/tables.md). Of MAAC and of the bipedal task the authors' development settings became known
  since, and are other ones ([MAAC](algorithms/maac.md#the-authors-kind), [Go2](go2.md)).
- The paper's ablations are switches of its released code. Horizon, width, updates and the imagined critic are ours.
- The paper's figures of single tasks, of gradients and of ablations are not digitised: beside those there are only its words.
`;
}
