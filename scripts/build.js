// Builds what is out of date: `node scripts/build.js [--force]`. The compiled program goes to dist/, the dashboard to dist/dashboard/.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readImports, readRooms, roomOf } from "./import-rules.js";

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
      `error build/failed ${command.join(" ")} exited with ${status}\n  hint: see its output above\n`,
    );
    process.exit(1);
  }
}

/** @param {string} what @returns {never} */
function missing(what) {
  process.stderr.write(`error build/missing ${what}\n  hint: run \`npm ci\` first\n`);
  process.exit(1);
}

/** Two concurrent builds (a test run and `npm start`) would delete each other's files: the second waits for the first. */
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
    `error build/locked another build has been running for three minutes\n  hint: if none is running, remove ${file}\n`,
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
 * Bundles the commands of the pure core (`check`, `promises`, `plan`, `render`) and the declarations of all commands with
 * their three libraries into a few files beside `dist/cli/main.js`: opening some 250 small modules took half of their time.
 * Edges are not bundled, because they find files beside their own, and neither are errors: an error class must exist once.
 * What is an edge follows from the import rules: a file of an edge room, or a command that imports one. `disk` only reads
 * and writes files, so it is bundled as well.
 */
async function bundleCommands() {
  const imports = readImports("src", "atLoad");
  const rooms = readRooms();
  /** @param {string} file @param {Set<string>} seen @returns {boolean} */
  const reachesEdge = (file, seen = new Set()) => {
    if (rooms.get(roomOf(file))?.layer === "edge" && roomOf(file) !== "disk") return true;
    seen.add(file);
    return (imports.get(file) ?? []).some(
      (target) => !seen.has(target) && imports.has(target) && reachesEdge(target, seen),
    );
  };
  // Declarations import no more of an edge than its constants.
  const bundled = new Set(
    [...imports.keys()]
      .filter((file) => file.startsWith("cli/commands/") || file === "cli/main.ts" || !reachesEdge(file))
      .filter((file) => !file.startsWith("errors/"))
      .map((file) => file.replace(/\.ts$/, ".js")),
  );
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
      return !bundled.has(inside);
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
