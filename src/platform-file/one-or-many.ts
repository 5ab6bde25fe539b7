/** A setting that is one value or a list of values, as a list. Absent is an empty list. */
export function many<T>(setting: T | readonly T[] | undefined): readonly T[] {
  if (setting === undefined) return [];
  return isList(setting) ? setting : [setting];
}

function isList<T>(setting: T | readonly T[]): setting is readonly T[] {
  return Array.isArray(setting);
}
