/**
 * Where a live object is not what was rendered, as paths (`.spec.replicas`). What the server or a controller added is no
 * difference: only what was rendered counts.
 */
export function differences(rendered: unknown, live: unknown, path = ""): readonly string[] {
  if (Array.isArray(rendered)) {
    if (!Array.isArray(live)) return [path];
    // A list of the same length is compared by position: the server keeps the order of what it was given.
    if (rendered.length > live.length) return [path];
    return rendered.flatMap((element, index) => differences(element, live[index], `${path}[${index}]`));
  }
  if (isMap(rendered)) {
    if (!isMap(live)) return isEmpty(rendered) && live === undefined ? [] : [path];
    return Object.entries(rendered).flatMap(([key, value]) => differences(value, live[key], `${path}.${key}`));
  }
  return rendered === live ? [] : [path];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(value).length === 0;
}
