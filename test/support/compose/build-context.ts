import { execFile } from "node:child_process";
import { copyFile, cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** Writes the build context of a checkout, with an npm cache for a builder without a network. */
export async function writeBuildContext(folder: string): Promise<void> {
  const names = [
    "Dockerfile",
    ".dockerignore",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "docs/architecture.md",
  ];
  const folders = ["scripts", "src", "dashboard", "bin", "blueprints"];
  await mkdir(join(folder, "docs"), { recursive: true });
  await Promise.all([
    ...names.map((name) => copyFile(join(repository, name), join(folder, name))),
    ...folders.map((name) => cp(join(repository, name), join(folder, name), { recursive: true })),
    copyNpmCache(join(folder, ".npm-cache")),
  ]);
}

/** Copies the npm cache of this machine, so that the builder can install packages without a network. */
async function copyNpmCache(folder: string): Promise<void> {
  const cache = (await run("npm", ["config", "get", "cache"])).stdout.trim();
  await cp(join(cache, "_cacache"), join(folder, "_cacache"), { recursive: true });
}
