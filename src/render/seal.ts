import { contentHash } from "./canonical.js";
import type { RenderedFile } from "./target.js";

/**
 * The mark by which Keelson knows a file as its own, and whether a person has changed it since: one remark with a hash
 * of all the other bytes.
 */
export type Ownership = "own" | "changed" | "foreign";

const remark = "Written by Keelson from the platform file; change that, or a patch in it. sha256:";
const hashLength = 64;
const pattern = /^(?:(?:#|%) | {2}"\$generated": ")Written by Keelson [^\n]*?sha256:([0-9a-f]{64})(?:",)?\n/;

/** The file's text with its seal, as it is written to disk. */
export function seal(file: RenderedFile): string {
  const mark = remark + contentHash(file.text, hashLength);
  if (file.comment !== "json") return `${file.comment} ${mark}\n${file.text}`;
  // JSON has no comments: the seal is the first field of the object, and its readers pass it over.
  return file.text.replace(/^\{\n/, `{\n  "$generated": "${mark}",\n`);
}

/** Whose a text is that was found where a rendered file belongs. */
export function ownershipOf(text: string): Ownership {
  const json = text.startsWith("{\n");
  const match = pattern.exec(json ? text.slice(2) : text);
  if (!match) return "foreign";
  const rest = json ? `{\n${text.slice(2 + match[0].length)}` : text.slice(match[0].length);
  return contentHash(rest, hashLength) === match[1] ? "own" : "changed";
}
