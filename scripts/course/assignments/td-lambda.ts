// %% [markdown]
// # Exercise: TD(lambda)
//
// The critic learns what a state is worth: the rewards to come. A rollout of $T$ steps gives an answer for every number of
// steps looked ahead, and TD($\lambda$) mixes them (notebook 5). Where an episode ends, it depends on how.
//
// Write where it says `YOUR CODE HERE`, and run the cells from the top. The cells behind are checks: they say what is
// wrong. There are more of them when this is graded. 10 points, about 40 minutes.

// %%
import { algorithms, tensor } from "dmo-lab";

/** One robot's rollout: what came of each step. */
type Rollout = {
  reward: number[];
  /** The critic's value of the state that the step led to, before any reset. */
  nextValue: number[];
  /** The robot fell: nothing comes after it. */
  terminated: boolean[];
  /** The episode was cut by time: it would have gone on. */
  truncated: boolean[];
};

// %% [markdown]
// ## The targets
//
// With $v_t$ = `nextValue[t]`, from the last step back to the first:
//
// $$
// G_{T-1} = r_{T-1} + \gamma v_{T-1}, \qquad
// G_t = r_t + \gamma \bigl( (1 - \lambda)\, v_t + \lambda\, G_{t+1} \bigr)
// $$
//
// $G_{t+1}$ belongs to the same episode only if step $t$ did not end it. After an end, the robot starts anew, and what it
// earns then is no merit of this episode. So
//
// - where the episode was **cut by time** at step $t$, the critic says what would have come: $G_t = r_t + \gamma v_t$;
// - where the robot **fell**, nothing comes: $G_t = r_t$. A step may be both; then it fell.

// %% solution="td-lambda"
/** The targets of all steps of a rollout, in their order. */
function tdLambda({ reward, nextValue, terminated, truncated }: Rollout, gamma: number, lambda: number): number[] {
  const target: number[] = [];
  // BEGIN SOLUTION
  for (let t = reward.length - 1; t >= 0; t--) {
    const value = terminated[t] ? 0 : nextValue[t];
    const cut = t === reward.length - 1 || terminated[t] || truncated[t];
    target[t] = reward[t] + gamma * (cut ? value : (1 - lambda) * value + lambda * target[t + 1]);
  }
  // END SOLUTION
  return target;
}

// %% [markdown]
// What the checks use:

// %%
const never = [false, false, false, false];
const only = (t: number): boolean[] => never.map((_, i) => i === t);
const plain: Rollout = { reward: [1, 2, 3, 4], nextValue: [10, 20, 30, 40], terminated: never, truncated: never };
const equal = (x: readonly number[], y: readonly number[]): boolean =>
  x.length === y.length && x.every((value, i) => Math.abs(value - y[i]) < 1e-3 * Math.max(1, Math.abs(y[i])));
const text = (x: readonly number[]): string => `[${Array.from(x, (value) => Number(value?.toFixed(3))).join(", ")}]`;

// %% [markdown]
// $\lambda = 0$ looks one step ahead, and asks the critic for the rest.

// %% test="one-step" points=2
const short = tdLambda(plain, 0.5, 0);
if (short.length !== 4)
  throw new Error(`your targets are ${short.length}: there should be one for each of the 4 steps.`);
if (equal(short, [1, 2, 3, 4])) throw new Error("your targets are the rewards alone: the critic's values are missing.");
if (equal(short, [11, 22, 33, 44])) throw new Error("your targets do not discount: the value counts gamma times.");
if (equal(short.slice(0, 3), [11, 17, 23]))
  throw new Error("your targets use the value of the step behind: nextValue[t] belongs to reward[t] already.");
if (!equal(short, [6, 12, 18, 24]))
  throw new Error(`with lambda 0 and gamma 0.5 your targets are ${text(short)}: they should be [6, 12, 18, 24].`);

// %% [markdown]
// $\lambda = 1$ adds up all rewards, and asks the critic at the end of the rollout only.

// %% test="all-steps" points=2
const long = tdLambda(plain, 0.5, 1);
if (equal([long[3]], [4]))
  throw new Error(
    "your last target is its reward alone: a rollout stops there, the episode goes on. Add gamma nextValue.",
  );
if (!equal(long, [5.75, 9.5, 15, 24]))
  throw new Error(`with lambda 1 and gamma 0.5 your targets are ${text(long)}: they should be [5.75, 9.5, 15, 24].`);

// %% [markdown]
// In between:

// %% test="mixed" points=2
const mixed = tdLambda(plain, 0.5, 0.75);
if (equal(mixed, [6.207, 11.656, 17.25, 24]))
  throw new Error("you have lambda and 1 - lambda the wrong way round: lambda is the weight of the later target.");
if (!equal(mixed, [6.152, 10.406, 15.75, 24]))
  throw new Error(
    `with lambda 0.75 and gamma 0.5 your targets are ${text(mixed)}: they should be [6.152, 10.406, 15.75, 24].`,
  );

// %% [markdown]
// Cut by time at step 1: what comes after belongs to another episode.

// %% test="cut-by-time" points=2
const cut = tdLambda({ ...plain, truncated: only(1) }, 0.5, 1);
if (equal(cut, [5.75, 9.5, 15, 24]))
  throw new Error("your targets go on behind the cut: they count rewards of the next episode, after the reset.");
if (equal(cut, [2, 2, 15, 24]))
  throw new Error(
    "your targets take a cut by time for a fall: the robot was fine, the critic says what would have come (gamma nextValue).",
  );
if (!equal(cut, [7, 12, 15, 24]))
  throw new Error(`cut at step 1, lambda 1, gamma 0.5: your targets are ${text(cut)}, and should be [7, 12, 15, 24].`);

// %% test="fall" points=2
const fell = tdLambda({ ...plain, terminated: only(1) }, 0.5, 1);
if (equal(fell, [5.75, 9.5, 15, 24]))
  throw new Error("your targets go on behind the fall: they count rewards of the next episode, after the reset.");
if (equal(fell, [7, 12, 15, 24]))
  throw new Error("your targets ask the critic what comes after a fall: nothing does, the target is the reward alone.");
if (!equal(fell, [2, 2, 15, 24]))
  throw new Error(
    `fallen at step 1, lambda 1, gamma 0.5: your targets are ${text(fell)}, and should be [2, 2, 15, 24].`,
  );
// BEGIN HIDDEN TESTS
const atLast = tdLambda({ ...plain, terminated: only(3) }, 0.5, 0.75);
if (!equal(atLast, [5.098, 7.594, 8.25, 4]))
  throw new Error(
    `your targets are ${text(atLast)} where the robot falls in the last step: the last one is its reward, 4.`,
  );
const random = tensor.streams(7)("rollout");
const steps = 20;
const draw = (): number[] => [...random.normals(steps)];
const ends = (): boolean[] => draw().map((x) => x > 1);
const long20: Rollout = { reward: draw(), nextValue: draw(), terminated: ends(), truncated: ends() };
long20.terminated[5] = long20.truncated[5] = true;
const rows = long20.reward.map((reward, t) => ({
  reward: Float32Array.of(reward),
  ended: Uint8Array.of(Number(long20.terminated[t] || long20.truncated[t])),
}));
const values = long20.nextValue.map((value, t) => Float32Array.of(long20.terminated[t] ? 0 : value));
const library = algorithms.tdLambda(rows, values, 0.99, 0.95).map(([target]) => target);
if (!equal(tdLambda(long20, 0.99, 0.95), library))
  throw new Error(
    "your targets of a rollout with several ends, one of them a fall and a cut at once, are not the library's.",
  );
// END HIDDEN TESTS
