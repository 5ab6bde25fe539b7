// Runs after `npm install`: node-llama-cpp brings its C++ sources (34 MB) and prebuilt libraries for other processors.
// Keelson never compiles the engine, so only this machine's library is kept.
import { existsSync, readdirSync, rmSync } from "node:fs";

const builds = new URL("../node_modules/@node-llama-cpp/", import.meta.url);
const mine = { linux: "linux", darwin: "mac", win32: "win" }[process.platform] + `-${process.arch}`;
if (existsSync(builds)) {
  for (const build of readdirSync(builds)) {
    if (!build.startsWith(mine)) rmSync(new URL(`${build}/`, builds), { recursive: true, force: true });
  }
}
rmSync(new URL("../node_modules/node-llama-cpp/llama/gitRelease.bundle", import.meta.url), { force: true });
