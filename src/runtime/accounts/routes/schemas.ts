import { z } from "zod";
import { timestamp } from "../../../contracts/fields.js";

/** What the operations on accounts share. */

export const role = z.enum(["owner", "admin", "member"]);
export const scope = z.enum(["inference", "admin", "usage"]);
export const keyId = z.string().regex(/^key_[0-9A-Za-z]{1,40}$/, "is not the id of a key");
export const userId = z.string().regex(/^usr_[0-9A-Za-z]{1,40}$/, "is not the id of a user");

/** Rows that one answer holds at most. */
export const mostRows = 1_000;

/** A moment in an answer. */
export const moment = timestamp;

export function text(date: Date): string {
  return date.toISOString();
}

export function textOrNull(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}
