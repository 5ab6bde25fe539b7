/**
 * Paths (`.spec.replicas`) at which a live object differs from the rendered one. Fields that only the live object has were
 * added by the API server or a controller and do not count.
 */
export function differences(rendered: unknown, live: unknown, path = ""): readonly string[] {
  if (Array.isArray(rendered)) {
    if (!Array.isArray(live)) return [path];
    // Compared by position: the API server preserves the order of a list.
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
