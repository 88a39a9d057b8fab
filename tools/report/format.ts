/** How numbers are written for people. */

/** Thousands separated, `digits` decimals: 4,096 and 3,512.3. @param value finite @param digits after the point */
export const number = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A number of things: 1 seed, 3 seeds. @param count 0 or more @param what in the singular */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** A duration: 42 s, 3 min 07 s, 2 h 05 min. @param seconds 0 or more, rounded to whole ones */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  const two = (n: number): string => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
}

const TITLES: { [name: string]: string } = { cartpole: "CartPole", cheetah: "Half-Cheetah", snu: "SNU Humanoid" };
const ACRONYMS = new Set(["dmo", "dmo-bptt", "dmo-sapo", "shac", "bptt", "sapo", "ppo", "sac", "maac", "maac-v"]);

/**
 * A task or an algorithm, perhaps with its variant, as people write it: Hopper, DMO+mujoco.
 * @param name as on the command line: `hopper`, `dmo+mujoco`
 */
export function title(name: string): string {
  const [base, ...variant] = name.split("+");
  const written = ACRONYMS.has(base) ? base.toUpperCase() : (TITLES[base] ?? base[0].toUpperCase() + base.slice(1));
  return [written, ...variant].join("+");
}
