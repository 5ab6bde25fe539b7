// Builds what is out of date: `node scripts/build.js [--force]`. The compiled program goes to dist/, the dashboard to dist/dashboard/.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
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

/** @param {string} what @param {string[]} sources @param {() => void | Promise<void>} build */
async function step(what, sources, build) {
  const stamp = join(root, "dist", `.${what}.stamp`);
  const now = digest([...sources, join(root, "package.json")]);
  if (!force && existsSync(stamp) && readFileSync(stamp, "utf8") === now) return;
  process.stderr.write(`building ${what} …\n`);
  await build();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, now);
}

/** @param {string[]} command */
function run(...command) {
  const [program = "", ...args] = command;
  const bin = join(root, "node_modules", ".bin", program);
  const { status, error } = spawnSync(bin, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (error) missing(`${command.join(" ")}: ${error.message}`);
  if (status !== 0) {
    process.stderr.write(
      `error build/failed ${command.join(" ")} ended with ${status}\n  hint: what it says above names the file\n`,
    );
    process.exit(1);
  }
}

/** @param {string} what @returns {never} */
function missing(what) {
  process.stderr.write(`error build/missing ${what}\n  hint: run \`npm ci\` first\n`);
  process.exit(1);
}

/** Two builds at once (a test run beside `npm start`) would take each other's files away: the second waits for the first. */
async function lock() {
  mkdirSync(join(root, "dist"), { recursive: true });
  const file = join(root, "dist", ".lock");
  for (let waited = 0; waited < 180_000; waited += 200) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      process.once("exit", () => rmSync(file, { force: true }));
      return;
    } catch {
      if (!alive(file)) rmSync(file, { force: true });
      else await sleep(200);
    }
  }
  process.stderr.write(
    `error build/locked another build has run for three minutes\n  hint: if none does, remove ${file}\n`,
  );
  process.exit(1);
}

/** @param {string} file */
function alive(file) {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * `check`, `promises`, `plan` and `render` are run again and again, by people and pipelines, and half their time was spent
 * on opening 250 small modules. So the pure core and its three libraries are put into a few files beside `dist/cli/main.js`.
 * The edges stay as they are (they find files beside their own), and so does `errors/`: an error must be one class.
 */
async function bundleCommands() {
  const core = /^(index\.js$|(platform-file|plan|promises|check|render|cli)\/)/;
  const edges = /^cli\/(up|down|status|logs|chat|keys|usage|deploy|backup|backups|restore|drill|serve)\.js$/;
  const out = join(root, "dist");
  const { rolldown } = await import("rolldown").catch(() => missing("rolldown"));
  const bundle = await rolldown({
    input: { main: join(out, "cli", "main.js") },
    platform: "node",
    logLevel: "warn",
    external: (id, importer) => {
      if (!id.startsWith(".") && !isAbsolute(id)) return !/^(zod|yaml|commander)(\/|$)/.test(id);
      const path = isAbsolute(id) ? id : join(dirname(importer ?? ""), id);
      if (!path.startsWith(out)) return false;
      const inside = relative(out, path).replaceAll("\\", "/");
      return !core.test(inside) || edges.test(inside);
    },
  });
  await bundle.write({ dir: join(out, "cli"), format: "esm", chunkFileNames: "[name]-[hash].js" });
  await bundle.close();
}

await lock();
await step(
  "program",
  [...files(join(root, "src")), join(root, "tsconfig.json"), fileURLToPath(import.meta.url)],
  async () => {
    for (const folder of existsSync(join(root, "dist")) ? readdirSync(join(root, "dist")) : []) {
      if (!["dashboard", "bench"].includes(folder) && !folder.startsWith("."))
        rmSync(join(root, "dist", folder), { recursive: true, force: true });
    }
    run("tsc", "-p", "tsconfig.json");
    await bundleCommands();
  },
);
await step("dashboard", [...files(join(root, "dashboard")), ...files(join(root, "src/runtime/dashboard"))], () => {
  run("vite", "build", "--config", "dashboard/vite.config.ts", "--logLevel", "warn");
});
