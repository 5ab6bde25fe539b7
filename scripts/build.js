// Builds what is out of date: `node scripts/build.js [--force]`. The compiled program goes to dist/, the dashboard to dist/dashboard/.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const force = process.argv.includes("--force");

/** @param {string} directory @returns {string[]} */
function files(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

/** @param {string[]} paths */
function digest(paths) {
  const hash = createHash("sha256");
  for (const path of [...paths].sort())
    hash.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
  return hash.digest("hex");
}

/** @param {string} what @param {string[]} sources @param {() => void} build */
function step(what, sources, build) {
  const stamp = join(root, "dist", `.${what}.stamp`);
  const now = digest([...sources, join(root, "package.json")]);
  if (!force && existsSync(stamp) && readFileSync(stamp, "utf8") === now) return;
  process.stderr.write(`building ${what} …\n`);
  build();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, now);
}

/** @param {string[]} command */
function run(...command) {
  const [program = "", ...args] = command;
  const bin = join(root, "node_modules", ".bin", program);
  const { status, error } = spawnSync(bin, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (error || status !== 0) {
    process.stderr.write(
      `error build/failed ${command.join(" ")}${error ? `: ${error.message}` : ""}\n  hint: run \`npm ci\` first\n`,
    );
    process.exit(1);
  }
}

step("program", [...files(join(root, "src")), join(root, "tsconfig.json")], () => {
  for (const folder of existsSync(join(root, "dist")) ? readdirSync(join(root, "dist")) : []) {
    if (!["dashboard", "bench"].includes(folder) && !folder.startsWith("."))
      rmSync(join(root, "dist", folder), { recursive: true, force: true });
  }
  run("tsc", "-p", "tsconfig.json");
});
step("dashboard", [...files(join(root, "dashboard")), ...files(join(root, "src/promises"))], () => {
  run("vite", "build", "--config", "dashboard/vite.config.ts", "--logLevel", "warn");
});
