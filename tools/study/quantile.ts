/**
 * The value below which a fraction of the values lies, linear between neighbours.
 * @param sorted ascending, one or more @param fraction 0 for the smallest, 1 for the largest
 */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  const at = fraction * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
