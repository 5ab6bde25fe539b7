import type { SettingsInput } from "./schema/platform.js";

type Difference<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Key in keyof T]?: Difference<T[Key]> | null }
    : T;

/** A platform file as a value: the same words, checked by the compiler as well. */
export type PlatformDefinition = SettingsInput & {
  /** Differences over everything else, by environment; `null` removes. */
  readonly environments?: Readonly<Record<string, Difference<Omit<SettingsInput, "platform">> | null>>;
};

/** What `definePlatform` gives back and a module exports as its default. */
export interface Definition {
  readonly kind: "keelson/platform";
  readonly value: PlatformDefinition;
}

/** Defines a platform in TypeScript, by the same schema as the YAML form: `export default definePlatform({ … })`. */
export function definePlatform(value: PlatformDefinition): Definition {
  return { kind: "keelson/platform", value };
}
