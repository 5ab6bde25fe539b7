import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvHttpProxyAgent, request } from "undici";
import { statIfPresent } from "../../../disk/read.js";
import { KeelsonError } from "../../../errors/keelson-error.js";
import { messageOf, toError } from "../../../errors/thrown.js";
import { adopt, openCache } from "./cache.js";

export interface Progress {
  readonly bytes: number;
  readonly total: number | undefined;
}

export interface DownloadOptions {
  readonly url: string;
  /** Path of the complete, verified file. While it is incomplete, it is `<file>.part`. */
  readonly file: string;
  readonly sha256: string | undefined;
  /** `Authorization` header for the host of `url`; it is not sent to the hosts that this one redirects to. */
  readonly authorization?: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const MAX_ATTEMPTS = 5;
const FIRST_RETRY_DELAY_MS = 1_000;
const MAX_REDIRECTS = 5;
/** A server that sends nothing for this time is given up, and the download resumed. */
const IDLE_TIMEOUT_MS = 60_000;

/**
 * Downloads a file, resuming where an earlier attempt (or process) stopped. The file gets its name only once it is complete and
 * its SHA-256 is the expected one; a file with another checksum is deleted.
 * @throws KeelsonError `download/…` with the reason in one line.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const part = `${options.file}.part`;
  await openCache(options.file);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fetchRest(options, part);
      break;
    } catch (error) {
      if (options.signal.aborted || attempt >= MAX_ATTEMPTS || !isTransient(error)) throw toKeelsonError(error);
      await sleep(FIRST_RETRY_DELAY_MS * 2 ** (attempt - 1), undefined, { signal: options.signal });
    }
  }
  await adopt(part, options.file, options.sha256);
}

/** The size of the file, or the reason in one line why it cannot be downloaded. Waits at most `timeoutMs`. */
export async function probeDownload(
  url: string,
  timeoutMs: number,
  authorization?: string,
): Promise<{ readonly bytes: number | undefined } | { readonly why: string }> {
  try {
    const { statusCode, headers, body } = await follow(url, "HEAD", { authorization }, AbortSignal.timeout(timeoutMs));
    await body.dump();
    if (statusCode >= 400) return { why: `${new URL(url).host} returned status ${statusCode}` };
    const length = Number(headers["content-length"]);
    return { bytes: Number.isFinite(length) && length > 0 ? length : undefined };
  } catch (error) {
    return { why: reasonOf(error, url) };
  }
}

async function fetchRest({ url, authorization, signal, onProgress }: DownloadOptions, part: string): Promise<void> {
  const offset = await sizeOf(part);
  const response = await follow(
    url,
    "GET",
    { authorization, range: offset > 0 ? `bytes=${offset}-` : undefined },
    signal,
  );
  if (response.statusCode === 416) {
    // The partial file is already complete, or too long: then its checksum is wrong.
    await response.body.dump();
    return;
  }
  if (response.statusCode !== 200 && response.statusCode !== 206) {
    await response.body.dump();
    throw new KeelsonError("download/status", `${new URL(url).host} returned status ${response.statusCode}`);
  }
  // A server without range requests sends the whole file again.
  const resumed = response.statusCode === 206;
  const length = Number(response.headers["content-length"]);
  const start = resumed ? offset : 0;
  const total = Number.isFinite(length) && length > 0 ? start + length : undefined;
  const file = await open(part, resumed ? "a" : "w", 0o600);
  try {
    let bytes = start;
    for await (const chunk of response.body) {
      const piece: unknown = chunk;
      if (!Buffer.isBuffer(piece)) continue;
      await file.write(piece);
      bytes += piece.length;
      onProgress({ bytes, total });
    }
    await file.sync();
    if (total !== undefined && bytes < total) throw new Error("the connection was closed before the file was complete");
  } finally {
    await file.close();
  }
}

let agent: EnvHttpProxyAgent | undefined;

/** Follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment. */
function proxies(): EnvHttpProxyAgent {
  // Many proxies open tunnels to port 443 only: plain HTTP is requested from the proxy itself.
  agent ??= new EnvHttpProxyAgent({ proxyTunnel: false });
  return agent;
}

/** The library neither times out nor aborts a request whose tunnel through a proxy does not open. */
async function responded(
  sent: Promise<DownloadResponse>,
  host: string,
  signal: AbortSignal,
): Promise<DownloadResponse> {
  const done = new AbortController();
  const late = sleep(IDLE_TIMEOUT_MS, undefined, { signal: AbortSignal.any([signal, done.signal]) }).then(
    () => Promise.reject(new Error(`${host} did not respond`)),
    () => Promise.reject(toError(signal.reason)),
  );
  sent.catch(() => undefined);
  try {
    return await Promise.race([sent, late]);
  } finally {
    done.abort();
  }
}

type DownloadResponse = Awaited<ReturnType<typeof request>>;

async function follow(
  url: string,
  method: "GET" | "HEAD",
  { authorization, range }: { readonly authorization: string | undefined; readonly range?: string | undefined },
  signal: AbortSignal,
): Promise<DownloadResponse> {
  let at = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const sent = request(at, {
      method,
      headers: {
        "user-agent": "keelson",
        ...(range === undefined ? {} : { range }),
        ...(authorization === undefined || new URL(at).origin !== new URL(url).origin ? {} : { authorization }),
      },
      dispatcher: proxies(),
      headersTimeout: IDLE_TIMEOUT_MS,
      bodyTimeout: IDLE_TIMEOUT_MS,
      signal,
    });
    const response = await responded(sent, new URL(at).host, signal);
    const location = response.headers["location"];
    if (response.statusCode < 300 || response.statusCode >= 400 || typeof location !== "string") return response;
    await response.body.dump();
    const next = new URL(location, at);
    // Any system on the path of the unencrypted connection could replace the file.
    if (at.startsWith("https:") && next.protocol !== "https:")
      throw new KeelsonError("download/insecure", `${new URL(at).host} redirected to ${next.protocol}//${next.host}`);
    at = next.href;
  }
  throw new KeelsonError("download/redirects", `${new URL(url).host} redirected more than ${MAX_REDIRECTS} times`);
}

async function sizeOf(file: string): Promise<number> {
  return (await statIfPresent(file))?.size ?? 0;
}

/** Network failures are transient. Responses with an error status and failures of the local disk are not. */
function isTransient(error: unknown): boolean {
  if (error instanceof KeelsonError) return false;
  return !(
    error instanceof Error &&
    "code" in error &&
    (error.code === "ENOSPC" || error.code === "EACCES" || error.code === "EROFS")
  );
}

function toKeelsonError(error: unknown): KeelsonError {
  if (error instanceof KeelsonError) return error;
  return new KeelsonError("download/failed", messageOf(error), { cause: error });
}

/** The reason of a failed request, in one line. */
function reasonOf(error: unknown, url: string): string {
  const { host } = new URL(url);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `no network: cannot resolve ${host}`;
    case "ECONNREFUSED":
      return `no network: ${host} refused the connection`;
    default:
      return error instanceof Error && error.name === "TimeoutError"
        ? `no network: ${host} did not respond`
        : `${host}: ${messageOf(error)}`;
  }
}
