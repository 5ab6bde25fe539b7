/** A size in Gi or Mi with at most one decimal. */
export function size(bytes: number): string {
  const [unit, scale] = bytes >= 2 ** 30 ? (["Gi", 2 ** 30] as const) : (["Mi", 2 ** 20] as const);
  const amount = bytes / scale;
  return `${Number.isInteger(amount) ? amount : amount.toFixed(1)}${unit}`;
}
