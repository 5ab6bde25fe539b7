// `npm run dev [platform file] [-- options of keelson up]`: a platform that is rebuilt and restarted when src/ changes, and the
// dashboard served by Vite, which replaces changed modules in the browser. Ctrl-C stops both.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { createServer as createProbe } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "vite";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const DEBOUNCE_MS = 200;
/** `keelson up` stops within its drain limit; a platform that exceeds it is not replaced silently. */
const STOP_TIMEOUT_MS = 60_000;

/** @param {string} text */
function log(text) {
  process.stderr.write(`dev: ${text}\n`);
}

/** Compiles src/ into dist/ without bundling: enough to run, and three times as fast. @returns {boolean} */
function compile() {
  const buildInfo = join(root, "dist", ".dev.tsbuildinfo");
  const { status } = spawnSync(
    join(root, "node_modules", ".bin", "tsc"),
    ["-p", "tsconfig.json", "--incremental", "--tsBuildInfoFile", buildInfo],
    { cwd: root, stdio: ["ignore", 2, 2] },
  );
  return status === 0;
}

/** A free port on loopback. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createProbe();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

const args = process.argv.slice(2);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
/** @type {import("node:child_process").ChildProcess | undefined} */
let platform;
let stopping = false;

function startPlatform() {
  const child = spawn(process.execPath, [join(root, "bin", "keelson.js"), "up", ...args, "--port", String(port)], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  child.once("exit", (code, signal) => {
    if (platform !== child) return;
    platform = undefined;
    if (!stopping) log(`the platform exited (${signal ?? code}); it starts again after the next change`);
  });
  platform = child;
}

/** @returns {Promise<void>} */
function stopPlatform() {
  const child = platform;
  platform = undefined;
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const overdue = setTimeout(() => {
      log(`the platform did not stop within ${STOP_TIMEOUT_MS / 1000} s; killing it`);
      child.kill("SIGKILL");
    }, STOP_TIMEOUT_MS);
    child.once("exit", () => {
      clearTimeout(overdue);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

/** @type {NodeJS.Timeout | undefined} */
let pending;
let building = false;
let changed = false;

async function rebuild() {
  if (building) {
    changed = true;
    return;
  }
  building = true;
  const started = Date.now();
  if (compile()) {
    log(`compiled in ${((Date.now() - started) / 1000).toFixed(1)} s; restarting the platform`);
    await stopPlatform();
    if (!stopping) startPlatform();
  } else log("compilation failed; the platform keeps running the previous version");
  building = false;
  if (changed && !stopping) {
    changed = false;
    await rebuild();
  }
}

const { status } = spawnSync(process.execPath, [join(root, "scripts", "build.js")], { stdio: ["ignore", 2, 2] });
if (status !== 0 || !existsSync(join(root, "dist", "cli", "main.js"))) process.exit(1);

process.env["KEELSON_URL"] = url;
const vite = await createServer({
  configFile: join(root, "dashboard", "vite.config.ts"),
  server: { host: "127.0.0.1" },
});
await vite.listen();
startPlatform();
const source = watch(join(root, "src"), { recursive: true }, () => {
  clearTimeout(pending);
  pending = setTimeout(() => void rebuild(), DEBOUNCE_MS);
});
log(`platform ${url}; dashboard with hot reload ${vite.resolvedUrls?.local[0] ?? ""}`);
log("sign in with the path of the link that the platform prints, on the dashboard's address");

async function shutDown() {
  if (stopping) return;
  stopping = true;
  clearTimeout(pending);
  source.close();
  await Promise.all([vite.close(), stopPlatform()]);
  process.exit(0);
}
process.on("SIGINT", () => void shutDown());
process.on("SIGTERM", () => void shutDown());
