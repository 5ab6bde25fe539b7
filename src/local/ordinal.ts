/** `1st`, `2nd`, `3rd`, `4th`, `11th`, `21st` … */
export function ordinal(count: number): string {
  const teen = count % 100 > 10 && count % 100 < 14;
  const suffix = teen ? "th" : (["th", "st", "nd", "rd"][count % 10] ?? "th");
  return `${count}${suffix}`;
}
