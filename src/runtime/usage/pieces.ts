/** Where usage is read from: the sums by day (without keys), the sums by hour, or the ledger itself. */
export type UsageSource = "days" | "hours" | "events";

/** A part of a range that one source answers exactly. Epoch milliseconds, `from` inclusive, `to` exclusive; open if undefined. */
export interface Piece {
  readonly source: UsageSource;
  readonly from: number | undefined;
  readonly to: number | undefined;
}

const HOUR_MS = 3_600_000;

/** The sources with whole units, coarsest first, and the length of their unit. All units start at a multiple of it in UTC. */
const UNITS: readonly { readonly source: Exclude<UsageSource, "events">; readonly ms: number }[] = [
  { source: "days", ms: 24 * HOUR_MS },
  { source: "hours", ms: HOUR_MS },
];

/**
 * Divides a range into the fewest pieces that answer it exactly: whole units are read from the coarsest source, the
 * remainder at either end from finer ones, and parts of an hour from the ledger.
 *
 * @param coarsest The coarsest source that has the requested dimensions.
 */
export function piecesOf(from: number | undefined, to: number | undefined, coarsest: UsageSource): readonly Piece[] {
  return divide(from, to, coarsest === "days" ? UNITS : coarsest === "hours" ? UNITS.slice(1) : []);
}

function divide(from: number | undefined, to: number | undefined, units: typeof UNITS): readonly Piece[] {
  if (from !== undefined && to !== undefined && from >= to) return [];
  const [unit, ...finer] = units;
  if (!unit) return [{ source: "events", from, to }];
  const firstWhole = from === undefined ? undefined : Math.ceil(from / unit.ms) * unit.ms;
  const endOfWhole = to === undefined ? undefined : Math.floor(to / unit.ms) * unit.ms;
  if (firstWhole !== undefined && endOfWhole !== undefined && firstWhole >= endOfWhole) return divide(from, to, finer);
  return [
    ...(from === undefined ? [] : divide(from, firstWhole, finer)),
    { source: unit.source, from: firstWhole, to: endOfWhole },
    ...(to === undefined ? [] : divide(endOfWhole, to, finer)),
  ];
}
