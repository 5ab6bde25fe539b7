import type { GeneratedSecret } from "./secrets.js";

/**
 * Generates the values of a secret's missing keys. Existing keys are not changed, and values that refer to other keys use
 * the existing ones. `random(bytes)` must return URL-safe text.
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
      values[key] ??= recipe.text.replaceAll(/\{([\w-]+)\}/g, (reference, name: string) => values[name] ?? reference);
  return Object.fromEntries(Object.entries(values).filter(([key]) => !Object.hasOwn(existing, key)));
}
