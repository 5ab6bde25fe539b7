import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { commands } from "./commands.js";
import { gateway } from "./gateway.js";
import { growthOfCommands } from "./growth.js";
import { type Figure, table } from "./report.js";
import { startup } from "./startup.js";

const benchmarks: Readonly<Record<string, () => Promise<Figure[]>>> = {
  commands,
  growth: growthOfCommands,
  startup,
  gateway,
};

/** `npm run bench [-- NAME …] [-- --write]`: runs, prints, and with --write keeps the tables in docs/performance.md. */
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const unknown = wanted.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  process.stderr.write(
    `error bench/unknown no benchmark is called ${unknown.join(", ")}\n  hint: ${Object.keys(benchmarks).join(", ")}\n`,
  );
  process.exit(2);
}
const page = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));
let missed = 0;
for (const [name, run] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  const figures = await run();
  missed += figures.filter(({ met }) => !met).length;
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  const section = `${table(figures)}\n\n${machine}.`;
  process.stdout.write(`\n## ${name}\n\n${section}\n`);
  if (process.argv.includes("--write")) {
    const text = await readFile(page, "utf8");
    const marks = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
    if (!marks.test(text)) throw new Error(`docs/performance.md has no place for ${name}`);
    await writeFile(
      page,
      text.replace(marks, (_, open: string, close: string) => `${open}${section}\n${close}`),
    );
  }
}
process.exitCode = missed > 0 ? 1 : 0;
