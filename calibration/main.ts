import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { linesOf, measureCase, missingFor } from "./calibrate.js";
import { cases } from "./cases/index.js";
import { problemsOf } from "./judge.js";
import { outcome, page, table } from "./report.js";
import { readResults, storeResult } from "./results.js";

// npm run calibrate [-- CASE …] [--runs N] [--add] [--short] [--dry] [--page]
const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    /** Repetitions of each case, instead of its own number. */
    runs: { type: "string" },
    /** Adds the repetitions to the stored ones, which they otherwise replace. */
    add: { type: "boolean", default: false },
    /** Only the cases of the short form. */
    short: { type: "boolean", default: false },
    /** Stores nothing. */
    dry: { type: "boolean", default: false },
    /** Measures nothing: writes the page of the stored results, with the predictions of this code. */
    page: { type: "boolean", default: false },
  },
});

const document = new URL("../docs/calibration.md", import.meta.url);
const MARKERS = /(<!-- results -->\n)[\s\S]*(<!-- \/results -->)/;

async function writePage(): Promise<void> {
  const text = await readFile(document, "utf8");
  const results = page(cases, await readResults());
  await writeFile(
    document,
    text.replace(MARKERS, (_, open: string, close: string) => `${open}${results}\n${close}`),
  );
}

const unknown = wanted.filter((name) => !cases.some((each) => each.name === name));
if (unknown.length > 0) {
  const names = cases.map(({ name }) => name).join(", ");
  process.stderr.write(`error calibrate/unknown there is no case ${unknown.join(", ")}\n  hint: ${names}\n`);
  process.exit(2);
}

const chosen = cases.filter(
  ({ name, short }) => (wanted.length === 0 || wanted.includes(name)) && (!options.short || short === true),
);
const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
for (const each of options.page ? [] : chosen) {
  const missing = missingFor(each);
  if (missing.length > 0) {
    process.stderr.write(`${each.name} is skipped: ${missing.join("; ")}\n`);
    continue;
  }
  process.stderr.write(`${each.name} …\n`);
  const { versions, figures } = await measureCase(each, Number(options.runs ?? each.runs), (run, outcomes) => {
    const parts = Object.entries(outcomes).map(([name, measured]) => `${name} ${outcome(measured)}`);
    process.stderr.write(`  ${run}: ${parts.join(", ")}\n`);
  });
  const result = { date: new Date().toISOString().slice(0, 10), machine, versions, figures };
  process.stdout.write(`${table(linesOf(each, result))}\n`);
  if (!options.dry) await storeResult(each.name, result, options.add);
}
if (!options.dry) await writePage();

const results = await readResults();
const problems = problemsOf(
  cases.flatMap((each) => {
    const result = results[each.name];
    return result ? linesOf(each, result) : [];
  }),
);
for (const problem of problems) process.stderr.write(`error calibrate/prediction ${problem}\n`);
process.exit(problems.length > 0 ? 1 : 0);
