/** The index of a colour in the palette, by the name of a series. */
export type Colours = ReadonlyMap<string, number>;

/**
 * Colours of the shown series. A series keeps the colour that it had before, whatever figure is plotted and however it ranks.
 * A new one has the first colour that no other series had; if there is none, the first that no shown series has.
 */
export function assignColours(names: readonly string[], before: Colours, colours: number): Colours {
  const palette = Array.from({ length: colours }, (_, index) => index);
  const used = new Set(before.values());
  const shown = new Set<number>();
  const assigned = new Map(before);
  const added = names.filter((name) => !before.has(name)).sort();
  for (const name of [...names.filter((each) => before.has(each)), ...added]) {
    const own = before.get(name);
    const free = palette.filter((colour) => !shown.has(colour));
    const colour =
      own !== undefined && !shown.has(own) ? own : (free.find((each) => !used.has(each)) ?? free[0] ?? own ?? 0);
    shown.add(colour);
    used.add(colour);
    assigned.set(name, colour);
  }
  return assigned;
}
