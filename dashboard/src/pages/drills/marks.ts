/** One number over an upright, or a span of numbers where single ones would touch. */
export interface MarkLabel {
  /** The events that it stands for, from 0, both included. */
  readonly first: number;
  readonly last: number;
  /** The event over which it stands: the one nearest to the middle of all that it stands for. */
  readonly over: number;
  readonly text: string;
}

/**
 * The numbers of events as labels that do not touch each other: `places` are the uprights' distances from the plot's left
 * edge, in ascending order, `widthOf` measures a text and `gap` is what stays free between two labels, all in pixels.
 */
export function markLabels(
  places: readonly number[],
  widthOf: (text: string) => number,
  gap: number,
): readonly MarkLabel[] {
  const place = (index: number) => places[index] ?? 0;
  const label = (first: number, last: number): MarkLabel => {
    const middle = (place(first) + place(last)) / 2;
    let over = first;
    for (let index = first; index <= last; index++)
      if (Math.abs(place(index) - middle) < Math.abs(place(over) - middle)) over = index;
    return { first, last, over, text: first === last ? String(first + 1) : `${first + 1}–${last + 1}` };
  };
  const touch = (one: MarkLabel, other: MarkLabel) =>
    place(other.over) - place(one.over) < (widthOf(one.text) + widthOf(other.text)) / 2 + gap;
  const labels: MarkLabel[] = [];
  for (const index of places.keys()) {
    let next = label(index, index);
    // A span is wider than its numbers were: it may reach the label before it as well.
    for (let before = labels.at(-1); before && touch(before, next); before = labels.at(-1)) {
      labels.pop();
      next = label(before.first, next.last);
    }
    labels.push(next);
  }
  return labels;
}
