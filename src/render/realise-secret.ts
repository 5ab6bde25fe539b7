import type { GeneratedSecret } from "./secrets.js";

/**
 * The values of a secret's missing keys; keys that exist are kept and are what the others are made from.
 * Randomness comes in as `random(bytes)`, which must return URL-safe text.
 */
export function missingValues(
  secret: GeneratedSecret,
  existing: Readonly<Record<string, string>>,
  random: (bytes: number) => string,
): Readonly<Record<string, string>> {
  const values: Record<string, string> = { ...existing };
  for (const [key, recipe] of Object.entries(secret.keys))
    if (recipe.kind === "random") values[key] ??= random(recipe.bytes);
  for (const [key, recipe] of Object.entries(secret.keys))
    if (recipe.kind === "text")
      values[key] ??= recipe.text.replaceAll(/\{([\w-]+)\}/g, (whole, name: string) => values[name] ?? whole);
  return Object.fromEntries(Object.entries(values).filter(([key]) => !Object.hasOwn(existing, key)));
}
