// Runs after `npm install` and removes about 200 MB that Keelson never reads: the C++ sources of node-llama-cpp and its
// libraries for other processors (the engine is never compiled here), the bundles of echarts (its modules are imported
// individually), and source maps of dependencies.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../node_modules/", import.meta.url));

const builds = `${packages}@node-llama-cpp/`;
const system = { linux: "linux", darwin: "mac", win32: "win" }[process.platform];
const mine = `${system}-${process.arch}`;
if (existsSync(builds)) {
  for (const build of readdirSync(builds)) {
    if (!build.startsWith(mine)) rmSync(`${builds}${build}`, { recursive: true, force: true });
  }
}
rmSync(`${packages}node-llama-cpp/llama/gitRelease.bundle`, { force: true });
rmSync(`${packages}echarts/dist`, { recursive: true, force: true });
if (existsSync(packages)) {
  for (const entry of readdirSync(packages, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(".map")) rmSync(`${entry.parentPath}/${entry.name}`, { force: true });
  }
}
