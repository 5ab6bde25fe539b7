/**
 * What `keelson up` does about a child that died. The supervisor takes these very numbers, so that the prediction and
 * the process cannot drift apart.
 */
export const supervisor = {
  /** A child's exit is reported by the operating system at once; the supervisor acts on it within this time. */
  notice: { value: 100, why: "the operating system reports a child's exit at once" },
  /** The first wait before a restart; it doubles for a child that keeps crashing. */
  firstBackoff: { value: 500, why: "keelson up restarts a child after 0.5s, doubling up to 30s while it keeps crashing" },
} as const;
