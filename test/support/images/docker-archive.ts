import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface ImageConfig {
  /** `name:tag`, as pods and services refer to it. */
  readonly reference: string;
  /** `uid:gid` or empty for root. */
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingFolder: string;
}

/** A part of a layer: the contents of `folder` (or only `entries` of it) at `at` inside the image. */
export interface LayerPart {
  readonly folder: string;
  readonly entries?: readonly string[];
  readonly at?: string;
}

/**
 * Writes an image as the archive that `docker load` and `ctr images import` read: one uncompressed layer, a config and a
 * manifest. Files belong to root; their times are preserved.
 * @param folder for the archive and its parts; created if absent
 * @returns the archive's path
 */
export async function writeDockerArchive(
  folder: string,
  config: ImageConfig,
  parts: readonly LayerPart[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const layer = join(folder, "layer.tar");
  for (const [index, part] of parts.entries()) {
    const where = part.at === undefined ? [] : [`--transform=s,^,${part.at}/,S`];
    const mode = index === 0 ? "--create" : "--append";
    const owner = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name"];
    const entries = part.entries ?? ["."];
    await run("tar", [mode, `--file=${layer}`, ...owner, ...where, `--directory=${part.folder}`, "--", ...entries]);
  }
  const diff = await sha256(layer);
  const image = {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    created: "2020-01-01T00:00:00Z",
    config: {
      User: config.user,
      Env: Object.entries({ PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", ...config.environment }).map(
        ([name, value]) => `${name}=${value}`,
      ),
      Entrypoint: config.entrypoint,
      Cmd: config.command,
      WorkingDir: config.workingFolder,
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${diff}`] },
  };
  const text = JSON.stringify(image);
  const configFile = `${createHash("sha256").update(text).digest("hex")}.json`;
  await writeFile(join(folder, configFile), text);
  const manifest = [{ Config: configFile, RepoTags: [config.reference], Layers: ["layer.tar"] }];
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "image.tar");
  await run("tar", [
    "--create",
    `--file=${archive}.part`,
    `--directory=${folder}`,
    "manifest.json",
    configFile,
    "layer.tar",
  ]);
  await rename(`${archive}.part`, archive);
  await rm(layer);
  return archive;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
