import type { SettingsInput } from "./schema/platform.js";

type Overrides<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [Key in keyof T]?: Overrides<T[Key]> | null }
    : T;

/** A platform file as a value: the same keys, also checked by the compiler. */
export type PlatformDefinition = SettingsInput & {
  /** Overrides by environment; `null` removes a key. */
  readonly environments?: Readonly<Record<string, Overrides<Omit<SettingsInput, "platform">> | null>>;
};

/** The result of `definePlatform`, which a module exports as its default. */
export interface Definition {
  readonly kind: "keelson/platform";
  readonly value: PlatformDefinition;
}

/** Defines a platform in TypeScript, by the same schema as the YAML form: `export default definePlatform({ … })`. */
export function definePlatform(value: PlatformDefinition): Definition {
  return { kind: "keelson/platform", value };
}
