/** Reverse-mode differentiation of expression graphs: derivatives are expressions again. */
import { Expr, type Op, type Scalar, add, cos, div, less, mul, neg, reachable, select, sin } from "./expression.js";

/** For a node with operands a, b, c and cotangent g: the cotangents of its operands (0: none). */
type Rule = (g: Scalar, node: Expr, a: Scalar, b: Scalar, c: Scalar) => Scalar[];

const rules: Record<Op, Rule> = {
  input: () => [],
  add: (g) => [g, g],
  sub: (g) => [g, neg(g)],
  mul: (g, _, a, b) => [mul(g, b), mul(g, a)],
  div: (g, node, _, b) => [div(g, b), neg(mul(div(g, b), node))],
  neg: (g) => [neg(g)],
  sqrt: (g, node) => [div(mul(g, 0.5), node)],
  sin: (g, _, a) => [mul(g, cos(a))],
  cos: (g, _, a) => [neg(mul(g, sin(a)))],
  floor: () => [0],
  less: () => [0, 0],
  select: (g, _, c) => [0, select(c, g, 0), select(c, 0, g)],
  min: (g, _, a, b) => [select(less(b, a), 0, g), select(less(b, a), g, 0)],
  max: (g, _, a, b) => [select(less(a, b), 0, g), select(less(a, b), g, 0)],
};

/**
 * Vector-Jacobian product: for outputs y(x) and cotangents g, the gradients sum_i g_i dy_i/dx_j for every x_j in
 * `variables`. A variable may be any node; all of them are taken as independent of each other. The result is 0 for
 * variables that the outputs do not use.
 */
export function symbolicVjp(
  outputs: readonly Scalar[],
  cotangents: readonly Scalar[],
  variables: readonly Expr[],
): Scalar[] {
  const gradient = new Map<Scalar, Scalar>();
  const accumulate = (x: Scalar, g: Scalar) => gradient.set(x, add(gradient.get(x) ?? 0, g));
  outputs.forEach((y, i) => accumulate(y, cotangents[i]));

  const independent = new Set<Scalar>(variables);
  const active = new Set(independent);
  const nodes = reachable(outputs).filter((node) => {
    if (node.args.some((a) => active.has(a))) active.add(node);
    return active.has(node) && !independent.has(node);
  });
  for (const node of nodes.reverse()) {
    const g = gradient.get(node) ?? 0;
    if (g === 0) continue;
    const [a, b, c] = node.args;
    rules[node.op](g, node, a, b, c).forEach((partial, k) => {
      if (active.has(node.args[k])) accumulate(node.args[k], partial);
    });
  }
  return variables.map((x) => gradient.get(x) ?? 0);
}
