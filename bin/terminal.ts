/** Rows in aligned columns, two spaces apart; columns of `right` are aligned to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows.reduce<number[]>((max, row) => row.map((cell, j) => Math.max(max[j] ?? 0, cell.length)), []);
  const line = (row: readonly string[]): string =>
    row.map((cell, j) => (right.includes(j) ? cell.padStart(widths[j]) : cell.padEnd(widths[j]))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
