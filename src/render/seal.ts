import { contentHash } from "./canonical.js";
import type { RenderedFile } from "./target.js";

/**
 * The mark by which Keelson knows a file as its own, and whether a person has changed it since: one remark with a hash
 * of all the other bytes.
 */
export type Ownership = "own" | "changed" | "foreign";

const remark = "Written by Keelson from the platform file; change that, or a patch in it. sha256:";
const hashLength = 64;

/** The file's text with its seal, as it is written to disk. */
export function seal(file: RenderedFile): string {
  const mark = remark + contentHash(file.text, hashLength);
  if (file.comment !== "json") return `${file.comment} ${mark}\n${file.text}`;
  // JSON has no comments: the seal is the first field of the object, and its readers pass it over.
  return file.text.replace(/^\{\n/, `{\n  "$generated": "${mark}",\n`);
}

/** Whose a text is that was found where a rendered file belongs. */
export function ownershipOf(text: string): Ownership {
  const found = firstRemark(text);
  const [said = "", hash] = found.remark.split(remark);
  if (said !== "" || hash === undefined || !/^[0-9a-f]{64}$/.test(hash)) return "foreign";
  return contentHash(found.rest, hashLength) === hash ? "own" : "changed";
}

/** The remark that a text begins with, in any of the formats, and all else. */
function firstRemark(text: string): { readonly remark: string; readonly rest: string } {
  const comment = /^[#%] ([^\n]*)\n/.exec(text);
  if (comment) return { remark: comment[1] ?? "", rest: text.slice(comment[0].length) };
  const field = /^\{\n {2}"\$generated": "([^"\n]*)",\n/.exec(text);
  return { remark: field?.[1] ?? "", rest: field ? `{\n${text.slice(field[0].length)}` : text };
}
