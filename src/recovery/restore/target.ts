/** Where the replay of the log ends. */
export type RestoreTarget =
  /** Everything that was archived. */
  | { readonly kind: "latest"; readonly timeline?: number | undefined }
  /** The state at that time, in epoch milliseconds; fractions count to the microsecond. */
  | { readonly kind: "time"; readonly at: number; readonly timeline?: number | undefined }
  /** Exactly the state of the backup's fingerprint. */
  | { readonly kind: "restore-point" };
