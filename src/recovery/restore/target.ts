/** Where the replay of the log ends. */
export type RestoreTarget =
  /** Everything that was archived. */
  | { readonly kind: "latest" }
  /** The state at that time, in epoch milliseconds. */
  | { readonly kind: "time"; readonly at: number }
  /** Exactly the state of the backup's fingerprint. */
  | { readonly kind: "restore-point" };
