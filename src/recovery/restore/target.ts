/** How far the log is replayed. */
export type RestoreTarget =
  /** Everything that was archived. */
  | { readonly kind: "latest" }
  /** The state at that moment, epoch milliseconds. */
  | { readonly kind: "time"; readonly at: number }
  /** Exactly the state that the backup's fingerprint was taken of. */
  | { readonly kind: "restore-point" };
