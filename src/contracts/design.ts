import { z } from "zod";

/**
 * The platform file that a platform was started with, as `GET /admin/design` returns it: its text, what `keelson check` finds in it with
 * the fixes as differences, and every value of the plan with its origin.
 */

const place = z.object({ file: z.string(), line: z.number(), column: z.number() });

const finding = z.object({
  code: z.string(),
  severity: z.enum(["error", "warning", "note"]),
  message: z.string(),
  hint: z.string().optional(),
  /** Line 0: it has none. */
  at: place,
  /** The other places of the same cause; absent if there is none. */
  alsoAt: z.array(place).readonly().optional(),
  /** What the fix changes in the file, as a unified difference; absent if there is none, the file is code or large. */
  diff: z.string().optional(),
  /** Whether `check --fix` applies it. */
  safe: z.boolean(),
});

const value = z.object({
  path: z.string(),
  /** In the notation of the file; absent for mappings and lists. */
  value: z.string().optional(),
  at: place,
  /** The environment that sets it, or the reason for a default; absent: the base of the file sets it. */
  environment: z.string().optional(),
  why: z.string().optional(),
});

export const design = z.object({
  file: z.string(),
  environment: z.string(),
  /** Absent for a platform that is defined in code. */
  text: z.string().optional(),
  findings: z.array(finding).readonly(),
  values: z.array(value).readonly(),
});

/** A revision of Git: a branch, a tag, a commit, `HEAD~1`. */
export const revision = z
  .string()
  .regex(/^[A-Za-z0-9_@][A-Za-z0-9._/~^@{}-]{0,99}$/, "must be a revision of Git")
  .meta({ description: "A branch, a tag or a commit of the repository that contains the platform file." });

/** What differs between the promises of two versions of the platform file, in the environment that runs. */
export const designComparison = z.object({
  before: z.string(),
  after: z.string(),
  summary: z.string(),
  changes: z
    .array(
      z.object({
        kind: z.string(),
        subjects: z.string(),
        promise: z.string(),
        promised: z.string(),
        predicted: z.string(),
        reasons: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
  /** What the platform needs more or less. */
  sizes: z.array(z.string()).readonly(),
});

export type Design = z.infer<typeof design>;
export type DesignFinding = z.infer<typeof finding>;
export type DesignValue = z.infer<typeof value>;
export type DesignComparison = z.infer<typeof designComparison>;
