import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { request } from "undici";
import { statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";

export interface Progress {
  readonly bytes: number;
  readonly total: number | undefined;
}

export interface DownloadOptions {
  readonly url: string;
  /** Path of the complete, verified file. While it is incomplete, it is `<file>.part`. */
  readonly file: string;
  readonly sha256: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const MAX_ATTEMPTS = 5;
const FIRST_RETRY_DELAY_MS = 1_000;
const MAX_REDIRECTS = 5;

/**
 * Downloads a file, resuming where an earlier attempt (or process) ended. The file gets its name only once it is complete and
 * its SHA-256 is the expected one; a file with another checksum is deleted.
 * @throws KeelsonError `download/…` with the reason in one line.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const part = `${options.file}.part`;
  await mkdir(dirname(options.file), { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fetchRest(options, part);
      break;
    } catch (error) {
      if (options.signal.aborted || attempt >= MAX_ATTEMPTS || !isPassing(error)) throw asKeelson(error);
      await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_DELAY_MS * 2 ** (attempt - 1)));
    }
  }
  const sum = await sha256Of(part);
  if (options.sha256 !== undefined && sum !== options.sha256.toLowerCase()) {
    await rm(part, { force: true });
    throw new KeelsonError("download/checksum", `the downloaded file has SHA-256 ${sum}, expected ${options.sha256}`);
  }
  await writeFile(`${options.file}.sha256`, `${sum}\n`);
  await rename(part, options.file);
}

/** The size of the file, or the reason in one line why it cannot be downloaded. Waits at most `timeout` milliseconds. */
export async function probeDownload(
  url: string,
  timeout: number,
): Promise<{ readonly bytes: number | undefined } | { readonly why: string }> {
  try {
    const { statusCode, headers, body } = await follow(url, "HEAD", {}, AbortSignal.timeout(timeout));
    await body.dump();
    if (statusCode >= 400) return { why: `${new URL(url).host} answered ${statusCode}` };
    const length = Number(headers["content-length"]);
    return { bytes: Number.isFinite(length) && length > 0 ? length : undefined };
  } catch (error) {
    return { why: reasonOf(error, url) };
  }
}

async function fetchRest({ url, signal, onProgress }: DownloadOptions, part: string): Promise<void> {
  const have = await sizeOf(part);
  const answer = await follow(url, "GET", have > 0 ? { range: `bytes=${have}-` } : {}, signal);
  if (answer.statusCode === 416) {
    // The partial file is already complete, or too long: then its checksum is wrong.
    await answer.body.dump();
    return;
  }
  if (answer.statusCode !== 200 && answer.statusCode !== 206) {
    await answer.body.dump();
    throw new KeelsonError("download/status", `${new URL(url).host} answered ${answer.statusCode}`);
  }
  // A server without range requests sends the whole file again.
  const resumed = answer.statusCode === 206;
  const length = Number(answer.headers["content-length"]);
  const start = resumed ? have : 0;
  const total = Number.isFinite(length) && length > 0 ? start + length : undefined;
  const file = await open(part, resumed ? "a" : "w");
  try {
    let bytes = start;
    for await (const chunk of answer.body) {
      const piece: unknown = chunk;
      if (!Buffer.isBuffer(piece)) continue;
      await file.write(piece);
      bytes += piece.length;
      onProgress({ bytes, total });
    }
    await file.sync();
    if (total !== undefined && bytes < total) throw new Error("the connection ended before the file was whole");
  } finally {
    await file.close();
  }
}

type Answer = Awaited<ReturnType<typeof request>>;

async function follow(
  url: string,
  method: "GET" | "HEAD",
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  let at = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const answer = await request(at, { method, headers: { "user-agent": "keelson", ...headers }, signal });
    const location = answer.headers["location"];
    if (answer.statusCode < 300 || answer.statusCode >= 400 || typeof location !== "string") return answer;
    await answer.body.dump();
    at = new URL(location, at).href;
  }
  throw new KeelsonError("download/redirects", `${new URL(url).host} MAX_REDIRECTS in a circle`);
}

async function sizeOf(file: string): Promise<number> {
  return (await statIfPresent(file))?.size ?? 0;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}

/** Failures of the network pass; answers and full disks do not. */
function isPassing(error: unknown): boolean {
  if (error instanceof KeelsonError) return false;
  return !(
    error instanceof Error &&
    "code" in error &&
    (error.code === "ENOSPC" || error.code === "EACCES" || error.code === "EROFS")
  );
}

function asKeelson(error: unknown): KeelsonError {
  if (error instanceof KeelsonError) return error;
  return new KeelsonError("download/failed", messageOf(error), { cause: error });
}

/** One line about a network that does not let us out. */
function reasonOf(error: unknown, url: string): string {
  const { host } = new URL(url);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `no network: the name ${host} is not found`;
    case "ECONNREFUSED":
      return `no network: ${host} refuses the connection`;
    default:
      return error instanceof Error && error.name === "TimeoutError"
        ? `no network: ${host} does not answer`
        : `${host}: ${messageOf(error)}`;
  }
}
