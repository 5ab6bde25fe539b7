/** A path in the platform file's own words, e.g. `services.gateway.replicas`. The key of `Plan.origins`. */
export type Path = string;

/** Where a value came from, so that every finding and every explanation can point at a line. */
export type Origin =
  | { readonly kind: "file"; readonly file: string; readonly line: number; readonly column: number }
  | {
      readonly kind: "environment";
      readonly environment: string;
      readonly file: string;
      readonly line: number;
      readonly column: number;
    }
  /** Not written anywhere: `why` says what a careful engineer would answer; the place is the nearest written parent. */
  | {
      readonly kind: "default";
      readonly why: string;
      /** The value as one would write it in the file; absent for what has no such form. */
      readonly value?: string;
      readonly file: string;
      readonly line: number;
      readonly column: number;
    };
