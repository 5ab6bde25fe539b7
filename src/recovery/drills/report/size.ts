const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes, rounded to two or three digits: `512 B`, `7.3 MiB`, `46 MiB`. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const shown = (at: number) => {
    const value = bytes / 1024 ** at;
    return value < 9.95 && at > 0 ? Math.round(value * 10) / 10 : Math.round(value);
  };
  // 1023.7 KiB would be rounded to 1024 KiB.
  const at = shown(power) >= 1024 && power < UNITS.length - 1 ? power + 1 : power;
  return `${shown(at)} ${UNITS[at] ?? "B"}`;
}
