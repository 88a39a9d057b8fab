/**
 * Symbolic scalars. A {@link Scalar} is a number known now or an {@link Expr} known when the generated code runs, so the
 * same formula evaluates numbers or builds a graph. Equal expressions are one object (hash-consing): common
 * subexpressions are shared by construction, and constants, zeros and signs are folded while the graph is built.
 * Folding 0 * x to 0 takes x to be finite.
 */

/** What an {@link Expr} computes of its operands. */
export type Op =
  | "input"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "min"
  | "max"
  | "less"
  | "select"
  | "neg"
  | "sqrt"
  | "sin"
  | "cos"
  | "floor";

/** A number, or what will be one: see above. */
export type Scalar = number | Expr;

let created = 0;

/** A node of the graph. Its operands have smaller ids. */
export class Expr {
  /** Larger than those of all its operands. */
  readonly id = created++;
  /** The expressions built on this one, by operation and other operands: a graph is collected with its inputs. */
  private users?: Map<string, Expr>;

  private constructor(
    /** What is computed. */
    readonly op: Op,
    /** Of what; none for an input. */
    readonly args: readonly Scalar[],
  ) {}

  /** A fresh unknown. */
  static input(): Expr {
    return new Expr("input", []);
  }

  /** The node `op(args)`, made once; at least one operand is an expression. */
  static of(op: Op, ...args: Scalar[]): Expr {
    const key = op + args.map((a) => (typeof a === "number" ? `|${a}` : `|#${a.id}`)).join("");
    const owner = args.reduce((a, b) => (idOf(b) > idOf(a) ? b : a)) as Expr;
    owner.users ??= new Map();
    let node = owner.users.get(key);
    if (!node) owner.users.set(key, (node = new Expr(op, args)));
    return node;
  }
}

const idOf = (x: Scalar): number => (typeof x === "number" ? -1 : x.id);
const isOp = (x: Scalar, op: Op): x is Expr => typeof x !== "number" && x.op === op;

/** `n` fresh unknowns: the components of a block, such as the coordinates. */
export const inputs = (n: number): Expr[] => Array.from({ length: n }, () => Expr.input());

/** Operands of a commutative operation in one order: expressions by id, a number last. */
const ordered = (a: Scalar, b: Scalar): [Scalar, Scalar] =>
  typeof a === "number" || (typeof b !== "number" && b.id < a.id) ? [b, a] : [a, b];

/**
 * a + b, simplified as all of these: numbers are computed at once, equal expressions are one.
 * @param a a number or expression @param b the same; 0 is left out
 */
export function add(a: Scalar, b: Scalar): Scalar {
  if (typeof a === "number" && typeof b === "number") return a + b;
  [a, b] = ordered(a, b);
  if (b === 0) return a;
  if (isOp(b, "neg")) return sub(a, b.args[0]);
  if (isOp(a, "neg")) return sub(b, a.args[0]);
  if (typeof b === "number" && isOp(a, "add") && typeof a.args[1] === "number") return add(a.args[0], a.args[1] + b);
  return Expr.of("add", a, b);
}

/** a - b. @param a a number or expression @param b the same; equal to `a`, the difference is 0 */
export function sub(a: Scalar, b: Scalar): Scalar {
  if (typeof b === "number") return add(a, -b);
  if (a === 0) return neg(b);
  if (a === b) return 0;
  if (isOp(b, "neg")) return add(a, b.args[0]);
  if (isOp(a, "neg")) return neg(add(a.args[0], b));
  return Expr.of("sub", a, b);
}

/** a b. @param a a number or expression @param b the same; 0 gives 0, whatever the other is */
export function mul(a: Scalar, b: Scalar): Scalar {
  if (typeof a === "number" && typeof b === "number") return a * b;
  [a, b] = ordered(a, b);
  if (b === 0) return 0;
  if (b === 1) return a;
  if (b === -1) return neg(a);
  if (isOp(a, "neg")) return typeof b === "number" ? mul(a.args[0], -b) : neg(mul(a.args[0], b));
  if (isOp(b, "neg")) return neg(mul(a, b.args[0]));
  if (typeof b === "number" && isOp(a, "mul") && typeof a.args[1] === "number") return mul(a.args[0], a.args[1] * b);
  return Expr.of("mul", a, b);
}

/** -a. @param a a number or expression; negated twice it is itself */
export function neg(a: Scalar): Scalar {
  if (typeof a === "number") return 0 - a;
  if (a.op === "neg") return a.args[0];
  if (a.op === "sub") return sub(a.args[1], a.args[0]);
  if (a.op === "mul" && typeof a.args[1] === "number") return mul(a.args[0], -a.args[1]);
  return Expr.of("neg", a);
}

/** a / b. @param a numerator @param b denominator, not 0 */
export function div(a: Scalar, b: Scalar): Scalar {
  if (typeof b === "number") return mul(a, 1 / b);
  if (a === 0) return 0;
  if (isOp(a, "neg")) return neg(div(a.args[0], b));
  return Expr.of("div", a, b);
}

/**
 * 1 where a < b, else 0 (a mask in generated code: only {@link select} reads it).
 * @param a a number or expression @param b the same; two numbers are compared at once
 */
export const less = (a: Scalar, b: Scalar): Scalar =>
  typeof a === "number" && typeof b === "number" ? Number(a < b) : Expr.of("less", a, b);

/**
 * a where the condition holds, else b.
 * @param condition of {@link less}: 1 or 0 @param a where the condition is 1 @param b where it is 0
 */
export function select(condition: Scalar, a: Scalar, b: Scalar): Scalar {
  if (typeof condition === "number") return condition ? a : b;
  return a === b ? a : Expr.of("select", condition, a, b);
}

/** The smaller one of both; NaN if `a` is NaN. @param a a number or expression @param b taken where it is smaller */
export const min = (a: Scalar, b: Scalar): Scalar =>
  typeof a === "number" && typeof b === "number" ? (b < a ? b : a) : Expr.of("min", a, b);

/** The larger one of both; NaN if `a` is NaN. @param a a number or expression @param b taken where it is larger */
export const max = (a: Scalar, b: Scalar): Scalar =>
  typeof a === "number" && typeof b === "number" ? (a < b ? b : a) : Expr.of("max", a, b);

/** The square root; its derivative at 0 is infinite. @param a at least 0 */
export const sqrt = (a: Scalar): Scalar => (typeof a === "number" ? Math.sqrt(a) : Expr.of("sqrt", a));

/** The largest whole number that is not above a; its derivative is 0. @param a a number or expression */
export const floor = (a: Scalar): Scalar => (typeof a === "number" ? Math.floor(a) : Expr.of("floor", a));

/** The sine. @param a angle [rad] */
export function sin(a: Scalar): Scalar {
  if (typeof a === "number") return Math.sin(a);
  return a.op === "neg" ? neg(sin(a.args[0])) : Expr.of("sin", a);
}

/** The cosine. @param a angle [rad] */
export function cos(a: Scalar): Scalar {
  if (typeof a === "number") return Math.cos(a);
  return a.op === "neg" ? cos(a.args[0]) : Expr.of("cos", a);
}

/** The sum of all terms, added from the first to the last. @param terms may be none: the sum is 0 */
export const sum = (terms: readonly Scalar[]): Scalar => terms.reduce(add, 0);

/**
 * x limited to [low, high]; its derivative is 1 at the ends; NaN stays NaN.
 * @param x what is limited @param low lower end @param high upper end, not below the lower one
 */
export const clip = (x: Scalar, low: number, high: number): Scalar => max(min(x, high), low);

/** The expressions that `outputs` need, operands before their users. */
export function reachable(outputs: readonly Scalar[]): Expr[] {
  const seen = new Set<Expr>();
  const pending = outputs.filter((x): x is Expr => x instanceof Expr);
  while (pending.length > 0) {
    const node = pending.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const a of node.args) if (a instanceof Expr && !seen.has(a)) pending.push(a);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
