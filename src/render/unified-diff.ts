interface Line {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** The difference of two texts as `diff -u` writes it, with three lines of context; empty when they are the same. */
export function unifiedDiff(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return "";
  const lines = script(split(before), split(after));
  const header = [
    `--- ${before === undefined ? "/dev/null" : `a/${path}`}`,
    `+++ ${after === undefined ? "/dev/null" : `b/${path}`}`,
  ];
  return `${[...header, ...hunks(lines, 3)].join("\n")}\n`;
}

function split(text: string | undefined): readonly string[] {
  if (text === undefined || text === "") return [];
  return text.replace(/\n$/, "").split("\n");
}

/** The shortest edit script, after Myers (1986), on what is left between the common beginning and end. */
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
  const same = (lines: readonly string[]) => lines.map((text): Line => ({ sign: " ", text }));
  return [
    ...same(before.slice(0, start)),
    ...myers(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

function myers(before: readonly string[], after: readonly string[]): readonly Line[] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  const at = (reached: ReadonlyMap<number, number>, diagonal: number) => reached.get(diagonal) ?? -1;
  const goesDown = (reached: ReadonlyMap<number, number>, diagonal: number, distance: number) =>
    diagonal === -distance || (diagonal !== distance && at(reached, diagonal - 1) < at(reached, diagonal + 1));

  for (let distance = 0; distance <= before.length + after.length; distance += 1) {
    trace.push(new Map(furthest));
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      let x = goesDown(furthest, diagonal, distance) ? at(furthest, diagonal + 1) : at(furthest, diagonal - 1) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return walkBack(trace, goesDown, before, after);
    }
  }
  return [];
}

function walkBack(
  trace: readonly ReadonlyMap<number, number>[],
  goesDown: (reached: ReadonlyMap<number, number>, diagonal: number, distance: number) => boolean,
  before: readonly string[],
  after: readonly string[],
): readonly Line[] {
  const lines: Line[] = [];
  let x = before.length;
  let y = after.length;
  for (let distance = trace.length - 1; distance >= 0; distance -= 1) {
    const reached = trace[distance] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = goesDown(reached, diagonal, distance);
    const previous = down ? diagonal + 1 : diagonal - 1;
    const fromX = distance === 0 ? 0 : (reached.get(previous) ?? 0);
    const fromY = distance === 0 ? 0 : fromX - previous;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      lines.push({ sign: " ", text: before[x] ?? "" });
    }
    if (distance === 0) break;
    lines.push(down ? { sign: "+", text: after[fromY] ?? "" } : { sign: "-", text: before[fromX] ?? "" });
    x = fromX;
    y = fromY;
  }
  return lines.reverse();
}

function hunks(lines: readonly Line[], context: number): readonly string[] {
  const changed = lines.flatMap((line, index) => (line.sign === " " ? [] : index));
  const out: string[] = [];
  for (let first = 0; first < changed.length; ) {
    let last = first;
    while ((changed[last + 1] ?? Number.POSITIVE_INFINITY) - (changed[last] ?? 0) <= 2 * context) last += 1;
    const from = Math.max(0, (changed[first] ?? 0) - context);
    const to = Math.min(lines.length, (changed[last] ?? 0) + context + 1);
    out.push(heading(lines, from, to), ...lines.slice(from, to).map((line) => line.sign + line.text));
    first = last + 1;
  }
  return out;
}

function heading(lines: readonly Line[], from: number, to: number): string {
  const count = (part: readonly Line[], without: Line["sign"]) => part.filter((line) => line.sign !== without).length;
  const range = (without: Line["sign"]) => {
    const length = count(lines.slice(from, to), without);
    const start = count(lines.slice(0, from), without) + (length === 0 ? 0 : 1);
    return length === 1 ? String(start) : `${start},${length}`;
  };
  return `@@ -${range("+")} +${range("-")} @@`;
}
