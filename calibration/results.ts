import { readFile, writeFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { type Outcome, outcomeSchema } from "../src/contracts/drills.js";

/** What was measured of one case, when, and of which programs. */
const caseResult = z.strictObject({
  date: z.iso.date(),
  machine: z.string(),
  versions: z.record(z.string(), z.string()),
  figures: z.record(z.string(), z.array(outcomeSchema)),
});

export type CaseResult = z.infer<typeof caseResult>;

const file = new URL("./results.json", import.meta.url);
const resultsSchema = z.record(z.string(), caseResult);

export type Results = z.infer<typeof resultsSchema>;

/** The measurements of the newest calibrations, by case. Predictions are not stored: the code gives them. */
export async function readResults(): Promise<Results> {
  return resultsSchema.parse(JSON.parse(await readFile(file, "utf8")));
}

/** Stores the results of one case beside those of the others; with `add`, its repetitions beside the stored ones of the case. */
export async function storeResult(name: string, result: CaseResult, add: boolean): Promise<Results> {
  const before = await readResults();
  const stored = before[name];
  const all = { ...before, [name]: add && stored ? joined(stored, result) : result };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify(sorted, null, 1)}\n`);
  return sorted;
}

/** More repetitions of a case. Those of other programs or another machine are another measurement. */
function joined(stored: CaseResult, more: CaseResult): CaseResult {
  for (const of of ["machine", "versions"] as const)
    if (!isDeepStrictEqual(stored[of], more[of]))
      throw new Error(`the stored repetitions have another ${of}: ${JSON.stringify(stored[of])}`);
  const figures = Object.entries(more.figures).map(([name, outcomes]): [string, Outcome[]] => [
    name,
    [...(stored.figures[name] ?? []), ...outcomes],
  ]);
  return { ...more, figures: Object.fromEntries(figures) };
}
