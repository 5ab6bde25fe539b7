/** A path in the platform file, e.g. `services.gateway.replicas`. The key of `Plan.origins`. */
export type Path = string;

/** A position in a platform file; line 0 if it is not known. */
interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The path of the value that this one is inherited from. */
  readonly inheritedFrom?: Path;
}

/** Provenance of a value, for findings and explanations. */
export type Origin =
  | ({ readonly kind: "file" } & Position)
  | ({ readonly kind: "environment"; readonly environment: string } & Position)
  /** Not set in the file: `why` is the reason for the default; the position is that of the nearest declared parent. */
  | ({
      readonly kind: "default";
      readonly why: string;
      /** The value as it would be written in the file; undefined if it has no such form. */
      readonly value?: string;
    } & Position);
