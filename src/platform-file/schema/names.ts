import { z } from "zod";

/** A pod name appends up to 17 characters and is limited to 63. */
export const MAX_NAME_LENGTH = 45;

/** A name that is valid for Kubernetes, Compose and DNS. */
export const name = z
  .string()
  .max(MAX_NAME_LENGTH, { error: `a name has at most ${MAX_NAME_LENGTH} characters` })
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, {
    error: "a name is lower-case letters, digits and dashes, and starts with a letter",
  })
  .describe("Lower-case letters, digits and dashes; starts with a letter");

/** A port name by the rules of Kubernetes (an IANA service name, RFC 6335). */
export const portName = name
  .max(15, { error: "a port's name has at most 15 characters" })
  .regex(/^(?!.*--)/, { error: "a port's name has no two dashes in a row" })
  .describe("Lower-case letters, digits and single dashes, at most 15; starts with a letter");

/** The name of a model in requests; dots are allowed: `llama-3.1-8b`. */
export const modelName = z
  .string()
  .max(MAX_NAME_LENGTH, { error: `a name has at most ${MAX_NAME_LENGTH} characters` })
  .regex(/^[a-z]([a-z0-9.-]*[a-z0-9])?$/, {
    error: "a model's name is lower-case letters, digits, dots and dashes, and starts with a letter",
  })
  .describe("Lower-case letters, digits, dots and dashes; starts with a letter");

/** Fragments by target, merged over the rendered objects. */
export const patch = z
  .record(name, oneOrMany(z.record(z.string(), z.unknown())))
  .describe(
    "Fragments by target (`kubernetes`, `compose`), one or a list, merged over the rendered objects; `check` lists each as a note",
  );

/** One value or a list of values. */
export function oneOrMany<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item)]);
}
