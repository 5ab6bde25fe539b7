import { readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bodies } from "./bodies.js";
import { commands } from "./commands.js";
import { dashboard } from "./dashboard.js";
import { gateway } from "./gateway.js";
import { growthOfCommands } from "./growth.js";
import { type Figure, table } from "./report.js";
import { startup } from "./startup.js";

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    /** Writes the tables into docs/performance.md. */
    write: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    /** Duration of one measurement of the gateway. */
    seconds: { type: "string", default: "8" },
    /** Another checkout that was built: its gateway is measured in the same run. */
    baseline: { type: "string" },
    "skip-peers": { type: "boolean", default: false },
  },
});

const benchmarks: Readonly<Record<string, () => Promise<Figure[]>>> = {
  commands,
  growth: growthOfCommands,
  startup,
  dashboard,
  bodies,
  gateway: () =>
    gateway({
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
      baseline: options.baseline === undefined ? undefined : join(options.baseline, "bin", "keelson.js"),
      skipPeers: options["skip-peers"],
    }),
};

// npm run bench [-- NAME …] [--write] [--rounds N] [--seconds N] [--baseline DIR] [--skip-peers]
const unknown = wanted.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  process.stderr.write(
    `error bench/unknown there is no benchmark ${unknown.join(", ")}\n  hint: ${Object.keys(benchmarks).join(", ")}\n`,
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
  if (options.write) {
    const text = await readFile(page, "utf8");
    const markers = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
    if (!markers.test(text)) throw new Error(`docs/performance.md has no markers for ${name}`);
    await writeFile(
      page,
      text.replace(markers, (_, open: string, close: string) => `${open}${section}\n${close}`),
    );
  }
}
process.exitCode = missed > 0 ? 1 : 0;
