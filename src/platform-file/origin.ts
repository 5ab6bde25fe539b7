/** A path in the platform file, e.g. `services.gateway.replicas`. The key of `Plan.origins`. */
export type Path = string;

/** Provenance of a value, for findings and explanations. */
export type Origin =
  | { readonly kind: "file"; readonly file: string; readonly line: number; readonly column: number }
  | {
      readonly kind: "environment";
      readonly environment: string;
      readonly file: string;
      readonly line: number;
      readonly column: number;
    }
  /** Not set in the file: `why` is the reason for the default; the position is that of the nearest declared parent. */
  | {
      readonly kind: "default";
      readonly why: string;
      /** The value as it would be written in the file; undefined if it has no such form. */
      readonly value?: string;
      readonly file: string;
      readonly line: number;
      readonly column: number;
    };
