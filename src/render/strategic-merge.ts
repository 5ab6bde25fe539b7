type Fields = Readonly<Record<string, unknown>>;

/** The merge keys of each list, by the name of the list. A list without merge keys is replaced. */
export type MergeKeys = Readonly<Record<string, readonly string[]>>;

/**
 * The strategic merge patch of Kubernetes: maps are merged, lists are merged by their merge key, `null` removes a field,
 * `$patch: delete` removes an element, and `$patch: replace` replaces a map or list. The arguments are not modified.
 */
export function strategicMerge(base: Fields, fragment: Fields, mergeKeys: MergeKeys): Fields {
  const { $patch: directive, ...fields } = fragment;
  if (directive === "replace") return fields;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(fields)) {
    const before = merged[name];
    if (value === null) delete merged[name];
    else if (isFields(value)) merged[name] = strategicMerge(isFields(before) ? before : {}, value, mergeKeys);
    else if (Array.isArray(value) && Array.isArray(before)) merged[name] = mergeLists(name, before, value, mergeKeys);
    else merged[name] = value;
  }
  return merged;
}

function mergeLists(
  name: string,
  base: readonly unknown[],
  fragment: readonly unknown[],
  mergeKeys: MergeKeys,
): readonly unknown[] {
  const isReplace = (element: unknown) => isFields(element) && element["$patch"] === "replace";
  if (fragment.some(isReplace)) return fragment.filter((element) => !isReplace(element));
  const key = mergeKeys[name]?.find((candidate) => fragment.every((each) => isFields(each) && candidate in each));
  if (key === undefined) return fragment;
  const merged = [...base];
  for (const element of fragment) {
    if (!isFields(element)) continue;
    const at = merged.findIndex((candidate) => isFields(candidate) && candidate[key] === element[key]);
    const before = merged[at];
    if (element["$patch"] === "delete") {
      if (at >= 0) merged.splice(at, 1);
    } else if (isFields(before)) merged[at] = strategicMerge(before, element, mergeKeys);
    else merged.push(element);
  }
  return merged;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
