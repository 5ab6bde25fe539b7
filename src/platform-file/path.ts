/** One step of a path: a key of a mapping or the index of a list. */
export type Segment = string | number;

const PLAIN_KEY = /^[A-Za-z_$][\w$/-]*$/;

/**
 * Formats a path of the platform file: `services.gateway.calls[1]`. A key that would be ambiguous (one
 * with a dot, such as a model's name) is quoted: `models["llama-3.1"].source`.
 */
export function formatPath(segments: readonly Segment[]): string {
  return joinPath("", ...segments);
}

/** Parses what `formatPath` writes, and forms that users type (`calls.1`, a trailing dot). */
export function parsePath(path: string): Segment[] {
  const segments: Segment[] = [];
  const step = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g;
  for (const match of path.matchAll(step)) {
    const [, index, quoted, key] = match;
    if (index !== undefined) segments.push(Number(index));
    else if (quoted !== undefined) segments.push(unquote(quoted));
    else if (key !== undefined) segments.push(key);
  }
  return segments;
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

/** The path of a child: `joinPath("services.gateway", "calls", 1)` → `services.gateway.calls[1]`. */
export function joinPath(path: string, ...segments: Segment[]): string {
  let joined = path;
  for (const segment of segments) {
    if (typeof segment === "number") joined += `[${segment}]`;
    else if (!PLAIN_KEY.test(segment)) joined += `[${JSON.stringify(segment)}]`;
    else joined += joined === "" ? segment : `.${segment}`;
  }
  return joined;
}

/** The path of the parent; undefined at the root. */
export function parentPath(path: string): string | undefined {
  const segments = parsePath(path);
  if (segments.length === 0) return undefined;
  return formatPath(segments.slice(0, -1));
}

/** Whether a path is `outer` or below it. */
export function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}
