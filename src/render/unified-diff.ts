/** One line of a difference. */
interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

const CONTEXT_LINES = 3;

/**
 * Maximum number of edits of the shortest edit script; memory grows with its square (16 MiB here). A larger difference is
 * printed as all old lines, then all new lines, which is longer and also correct.
 */
const MAX_EDITS = 2000;

/** The difference of two texts as `diff -u` prints it; empty when they are equal. An absent text is a file that does not exist. */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return "";
  const lines = script(split(before), split(after));
  const header = [
    `--- ${before === undefined ? "/dev/null" : `a/${path}`}`,
    `+++ ${after === undefined ? "/dev/null" : `b/${path}`}`,
  ];
  return `${[...header, ...hunks(lines)].join("\n")}\n`;
}

function split(text: string | undefined): readonly string[] {
  if (text === undefined || text === "") return [];
  return text.replace(/\n$/, "").split("\n");
}

/** An edit script: the common start and end, and the shortest script (Myers 1986) for the lines between them. */
function script(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const removed = before.slice(start, before.length - end);
  const added = after.slice(start, after.length - end);
  return [
    ...signed(" ", before.slice(0, start)),
    ...(shortestScript(removed, added) ?? [...signed("-", removed), ...signed("+", added)]),
    ...signed(" ", before.slice(before.length - end)),
  ];
}

function signed(sign: Line["sign"], lines: readonly string[]): readonly Line[] {
  return lines.map((text) => ({ sign, text }));
}

/** Undefined if one side is empty (nothing to search) or the script has more than `MAX_EDITS` edits. */
function shortestScript(before: readonly string[], after: readonly string[]): readonly Line[] | undefined {
  if (before.length === 0 || after.length === 0) return undefined;
  // The reach `x` on each diagonal `x - y`, by distance: `reach[distance][diagonal + distance]`.
  const reach: Int32Array[] = [];
  for (let distance = 0; distance <= Math.min(MAX_EDITS, before.length + after.length); distance += 1) {
    const reached = new Int32Array(2 * distance + 1);
    reach.push(reached);
    const previous = reach[distance - 1];
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      let x = start(previous, diagonal, distance).x;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      reached[diagonal + distance] = x;
      if (x >= before.length && x - diagonal >= after.length) return walkBack(reach, before, after);
    }
  }
  return undefined;
}

/** Where the path of `distance` edits enters a diagonal: below the one above it, or right of the one on its left. */
function start(
  previous: Int32Array | undefined,
  diagonal: number,
  distance: number,
): { readonly x: number; readonly down: boolean } {
  if (previous === undefined) return { x: 0, down: true };
  const from = (other: number) => (Math.abs(other) < distance ? (previous[other + distance - 1] ?? 0) : -1);
  const above = from(diagonal + 1);
  const left = from(diagonal - 1);
  return left < above ? { x: above, down: true } : { x: left + 1, down: false };
}

function walkBack(reach: readonly Int32Array[], before: readonly string[], after: readonly string[]): readonly Line[] {
  const lines: Line[] = [];
  let x = before.length;
  let y = after.length;
  for (let distance = reach.length - 1; distance >= 0; distance -= 1) {
    const entered = start(reach[distance - 1], x - y, distance);
    for (; x > entered.x; x -= 1, y -= 1) lines.push({ sign: " ", text: before[x - 1] ?? "" });
    if (distance === 0) break;
    if (entered.down) {
      y -= 1;
      lines.push({ sign: "+", text: after[y] ?? "" });
    } else {
      x -= 1;
      lines.push({ sign: "-", text: before[x] ?? "" });
    }
  }
  return lines.reverse();
}

/** Changed lines with their context. Positions are counted in one pass: linear in the number of lines. */
function hunks(lines: readonly Line[]): readonly string[] {
  const out: string[] = [];
  const changed = lines.flatMap((line, index) => (line.sign === " " ? [] : index));
  let position = 0;
  let oldLine = 0;
  let newLine = 0;
  const advance = (to: number) => {
    const from = { oldLine, newLine };
    for (; position < to; position += 1) {
      if (lines[position]?.sign !== "+") oldLine += 1;
      if (lines[position]?.sign !== "-") newLine += 1;
    }
    return { oldLines: oldLine - from.oldLine, newLines: newLine - from.newLine };
  };
  for (let first = 0; first < changed.length; ) {
    let last = first;
    while ((changed[last + 1] ?? Number.POSITIVE_INFINITY) - (changed[last] ?? 0) <= 2 * CONTEXT_LINES) last += 1;
    const from = Math.max(0, (changed[first] ?? 0) - CONTEXT_LINES);
    const to = Math.min(lines.length, (changed[last] ?? 0) + CONTEXT_LINES + 1);
    advance(from);
    const [oldStart, newStart] = [oldLine, newLine];
    const { oldLines, newLines } = advance(to);
    out.push(`@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`);
    for (let index = from; index < to; index += 1) {
      const line = lines[index];
      if (line) out.push(line.sign + line.text);
    }
    first = last + 1;
  }
  return out;
}

/** `start` counts the lines before the hunk. An empty range names the line that it follows. */
function range(start: number, length: number): string {
  if (length === 0) return `${start},0`;
  return length === 1 ? String(start + 1) : `${start + 1},${length}`;
}
