/** A label above an event line, or a range of numbers where single labels would overlap. */
export interface MarkLabel {
  /** First and last event of the label, from 0, inclusive. */
  readonly first: number;
  readonly last: number;
  /** The event above which the label is drawn: the one nearest to the middle of its events. */
  readonly over: number;
  readonly text: string;
}

/**
 * Event numbers as labels that do not overlap. `positions` are the distances of the event lines from the left edge of the
 * plot in ascending order, `widthOf` measures a text, and `gap` is the space between two labels; all in pixels.
 */
export function markLabels(
  positions: readonly number[],
  widthOf: (text: string) => number,
  gap: number,
): readonly MarkLabel[] {
  const position = (index: number) => positions[index] ?? 0;
  const label = (first: number, last: number): MarkLabel => {
    const middle = (position(first) + position(last)) / 2;
    let over = first;
    for (let index = first; index <= last; index++)
      if (Math.abs(position(index) - middle) < Math.abs(position(over) - middle)) over = index;
    return { first, last, over, text: first === last ? String(first + 1) : `${first + 1}–${last + 1}` };
  };
  const overlap = (one: MarkLabel, other: MarkLabel) =>
    position(other.over) - position(one.over) < (widthOf(one.text) + widthOf(other.text)) / 2 + gap;
  const labels: MarkLabel[] = [];
  for (const index of positions.keys()) {
    let next = label(index, index);
    // A range is wider than a single number and can overlap the previous label as well.
    for (let before = labels.at(-1); before && overlap(before, next); before = labels.at(-1)) {
      labels.pop();
      next = label(before.first, next.last);
    }
    labels.push(next);
  }
  return labels;
}
