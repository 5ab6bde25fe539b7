import { open, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvHttpProxyAgent, request } from "undici";
import { readIfPresent, statIfPresent } from "../../../disk/read.js";
import { KeelsonError } from "../../../errors/keelson-error.js";
import { messageOf, toError } from "../../../errors/thrown.js";
import { checkGguf } from "../child/gguf-header.js";
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

/** Attempts in a row of which none has received much. */
const MAX_ATTEMPTS = 5;
const MUCH_BYTES = 1024 * 1024;
const FIRST_RETRY_DELAY_MS = 1_000;
const MAX_REDIRECTS = 5;
/** A server that sends nothing for this time is given up, and the download resumed. */
const IDLE_TIMEOUT_MS = 60_000;

/** Statuses of a server that may answer later: https://www.rfc-editor.org/rfc/rfc9110#section-15. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Downloads the weights of a model, resuming where an earlier attempt (or process) stopped. The file gets its name only once it is
 * complete and its SHA-256 is the expected one, or, if none is expected, it has the header of a model; any other file is deleted.
 * @throws KeelsonError `download/…` with the reason in one line.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const part = `${options.file}.part`;
  await openCache(options.file);
  for (let attempt = 1; ; attempt += 1) {
    const before = await sizeOf(part);
    try {
      await fetchRest(options, part);
      break;
    } catch (error) {
      if ((await sizeOf(part)) - before >= MUCH_BYTES) attempt = 1;
      if (options.signal.aborted || attempt >= MAX_ATTEMPTS || !isTransient(error)) throw toKeelsonError(error);
      await sleep(FIRST_RETRY_DELAY_MS * 2 ** (attempt - 1), undefined, { signal: options.signal });
    }
  }
  await rm(validatorOf(part), { force: true });
  if (options.sha256 === undefined) await requireModel(part, options.url);
  await adopt(part, options.file, options.sha256);
}

/** A proxy or a portal may answer with a page of its own, and status 200. */
async function requireModel(part: string, url: string): Promise<void> {
  try {
    await checkGguf(part);
  } catch (error) {
    await rm(part, { force: true });
    const why = messageOf(error).replace(part, "what it sent");
    throw new KeelsonError("download/failed", `${new URL(url).host}: ${why}`, { cause: error });
  }
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

async function fetchRest(options: DownloadOptions, part: string): Promise<void> {
  const { url, authorization, signal, onProgress } = options;
  const validator = await readIfPresent(validatorOf(part));
  // Two versions of a file must not become one: what nothing can verify is not resumed.
  const offset = validator === undefined && options.sha256 === undefined ? 0 : await sizeOf(part);
  const range = offset > 0 ? { range: `bytes=${offset}-`, ...(validator && { "if-range": validator }) } : {};
  const { statusCode, headers, body } = await follow(url, "GET", { authorization, range }, signal);
  if (statusCode !== 200 && statusCode !== 206) {
    await body.dump();
    // The partial file is complete already.
    if (statusCode === 416 && rangeOf(headers["content-range"]).total === offset) return;
    const message = `${new URL(url).host} returned status ${statusCode}`;
    if (statusCode === 416) await discard(part);
    if (statusCode === 416 || RETRIED_STATUSES.has(statusCode)) throw new TransientError("download/status", message);
    throw new KeelsonError("download/status", message);
  }
  const sent = rangeOf(headers["content-range"]);
  if (statusCode === 206 && sent.start !== offset) {
    body.on("error", () => undefined).destroy();
    await discard(part);
    throw new TransientError("download/failed", `${new URL(url).host} sent another part of the file than requested`);
  }
  // A server without range requests, or with another version of the file, sends all of it.
  const start = statusCode === 206 ? offset : 0;
  const length = Number(headers["content-length"]);
  const total = Number.isFinite(length) && length > 0 ? start + length : sent.total;
  if (start === 0) await rememberValidator(part, headers);
  const file = await open(part, start > 0 ? "a" : "w", 0o600);
  try {
    let bytes = start;
    for await (const chunk of body) {
      const piece: unknown = chunk;
      if (!Buffer.isBuffer(piece)) continue;
      await file.appendFile(piece);
      bytes += piece.length;
      onProgress({ bytes, total });
    }
    await file.sync();
    if (total !== undefined && bytes < total) throw new Error("the connection was closed before the file was complete");
  } finally {
    await file.close();
  }
}

/** An error of the server that the next attempt may not have. */
class TransientError extends KeelsonError {}

/** The value of `If-Range` for a partial file: of the version whose start it is. */
function validatorOf(part: string): string {
  return `${part}.version`;
}

async function rememberValidator(part: string, { etag, "last-modified": modified }: Headers): Promise<void> {
  // A weak one does not identify bytes: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5.
  const validator = typeof etag === "string" && !etag.startsWith("W/") ? etag : modified;
  if (typeof validator === "string") await writeFile(validatorOf(part), validator, { mode: 0o600 });
  else await rm(validatorOf(part), { force: true });
}

async function discard(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(validatorOf(part), { force: true });
}

/** `bytes 5-9/10`, or `bytes * /10` of a refusal. */
function rangeOf(header: string | string[] | undefined): { readonly start?: number; readonly total?: number } {
  const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(typeof header === "string" ? header : "") ?? [];
  return {
    ...(start === undefined ? {} : { start: Number(start) }),
    ...(total === undefined || total === "*" ? {} : { total: Number(total) }),
  };
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
type Headers = DownloadResponse["headers"];

async function follow(
  url: string,
  method: "GET" | "HEAD",
  {
    authorization,
    range = {},
  }: { readonly authorization: string | undefined; readonly range?: Record<string, string> },
  signal: AbortSignal,
): Promise<DownloadResponse> {
  let at = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const sent = request(at, {
      method,
      headers: {
        "user-agent": "keelson",
        ...range,
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

/** Errors of this machine's disk: https://man7.org/linux/man-pages/man3/errno.3.html. */
const DISK_ERRORS: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EACCES", "EPERM", "EROFS", "EIO"]);

/** Network failures are transient. Most error statuses and failures of the local disk are not. */
function isTransient(error: unknown): boolean {
  if (error instanceof KeelsonError) return error instanceof TransientError;
  return !(error instanceof Error && "code" in error && DISK_ERRORS.has(String(error.code)));
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
