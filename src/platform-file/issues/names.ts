import { MAX_NAME_LENGTH } from "../schema/names.js";

/** The nearest valid name; undefined if it is valid already, or has no valid character. */
export function validName(name: string): string | undefined {
  const better = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, MAX_NAME_LENGTH);
  return better === "" || better === name ? undefined : better;
}

/** Hint with the nearest valid name. */
export function writeName(name: string): string | undefined {
  const better = validName(name);
  return better === undefined ? undefined : `write \`${better}\``;
}
