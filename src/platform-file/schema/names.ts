import { z } from "zod";

/** Longest name: a pod's name adds up to 17 characters to it and must stay under 63. */
const LONGEST_NAME = 45;

/** A name as Kubernetes, Compose and DNS all take it. */
export const name = z
  .string()
  .max(LONGEST_NAME, { error: `a name has at most ${LONGEST_NAME} characters` })
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, {
    error: "a name is lower-case letters, digits and dashes, beginning with a letter",
  })
  .describe("Lower-case letters, digits and dashes; begins with a letter");

/** A container's port by the shorter rules that Kubernetes has for it (IANA's for the names of services). */
export const portName = name
  .max(15, { error: "a port's name has at most 15 characters" })
  .regex(/^(?!.*--)/, { error: "a port's name has no two dashes in a row" })
  .describe("Lower-case letters, digits and single dashes, at most 15; begins with a letter");

/** The name that clients ask for, so dots are allowed: `llama-3.1-8b`. */
export const modelName = z
  .string()
  .max(LONGEST_NAME, { error: `a name has at most ${LONGEST_NAME} characters` })
  .regex(/^[a-z]([a-z0-9.-]*[a-z0-9])?$/, {
    error: "a model's name is lower-case letters, digits, dots and dashes, beginning with a letter",
  })
  .describe("Lower-case letters, digits, dots and dashes; begins with a letter");

/** Fragments for one target each, merged over what that target would write. */
export const patch = z
  .record(name, z.record(z.string(), z.unknown()))
  .describe(
    "Fragments by target (`kubernetes`, `compose`), merged over what is rendered; `check` shows each as a note",
  );

/** A word or a list of words. */
export function oneOrMany<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item)]);
}
