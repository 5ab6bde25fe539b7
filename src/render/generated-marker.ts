import { contentHash } from "./canonical.js";
import type { RenderedFile } from "./target.js";

/** Whether Keelson generated a file, and whether it was edited since. `foreign`: it has no marker. */
export type Ownership = "own" | "changed" | "foreign";

const MARKER = "Written by Keelson from the platform file; change that, or a patch in it. sha256:";
const HASH_LENGTH = 64;

/** Maximum size in bytes of a marker with the comment around it. */
export const MAX_MARKER_BYTES = MARKER.length + HASH_LENGTH + 32;

/** The file's text as it is written to disk: with a marker that has a hash of all other bytes. */
export function withMarker(file: RenderedFile): string {
  const marker = MARKER + contentHash(file.text, HASH_LENGTH);
  if (file.comment === "go-template") return `{{- /* ${marker} */ -}}\n${file.text}`;
  if (file.comment !== "json") return `${file.comment} ${marker}\n${file.text}`;
  // JSON has no comments: the marker is the first field of the object, which readers ignore.
  return file.text.replace(/^\{\n/, `{\n  "$generated": "${marker}",\n`);
}

/** Whether a text begins with a marker. Only its first `MAX_MARKER_BYTES` matter. */
export function hasMarker(text: string): boolean {
  return hashIn(firstComment(text).comment) !== undefined;
}

export function ownershipOf(text: string): Ownership {
  const { comment, rest } = firstComment(text);
  const hash = hashIn(comment);
  if (hash === undefined) return "foreign";
  return contentHash(rest, HASH_LENGTH) === hash ? "own" : "changed";
}

function hashIn(comment: string): string | undefined {
  const hash = comment.startsWith(MARKER) ? comment.slice(MARKER.length) : "";
  return /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
}

/** The comment that a text begins with, in any of the formats, and everything else. */
function firstComment(text: string): { readonly comment: string; readonly rest: string } {
  const comment = /^(?:[#%] ([^\n]*)|\{\{- \/\* ([^\n]*) \*\/ -\}\})\n/.exec(text);
  if (comment) return { comment: comment[1] ?? comment[2] ?? "", rest: text.slice(comment[0].length) };
  const field = /^\{\n {2}"\$generated": "([^"\n]*)",\n/.exec(text);
  return { comment: field?.[1] ?? "", rest: field ? `{\n${text.slice(field[0].length)}` : text };
}
