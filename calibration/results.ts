import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import { outcomeSchema } from "../src/contracts/drills.js";

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

/** Stores the results of one case beside those of the others. */
export async function storeResult(name: string, result: CaseResult): Promise<Results> {
  const all = { ...(await readResults()), [name]: result };
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify(sorted, null, 1)}\n`);
  return sorted;
}
