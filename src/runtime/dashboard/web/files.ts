import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { statIfPresentSync } from "../../../disk/read.js";

/** One file of the application, in memory. */
export interface WebFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  /** The compressed file, if it is smaller; compressed at the first request. */
  encoded(encoding: Encoding): Promise<Buffer | undefined>;
}

export type Encoding = "br" | "gzip";

export interface WebFiles {
  /** By path under `/`, e.g. `assets/main-3f2a.js`. */
  readonly assets: ReadonlyMap<string, WebFile>;
  /** The document, with the placeholder `__NONCE__`. */
  readonly document: string;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};
const COMPRESSIBLE = new Set([".js", ".css", ".svg", ".json", ".txt"]);

/** The directory of the built application: next to the compiled program, also if the program runs from its sources. */
function builtDirectory(): string | undefined {
  const candidates = ["../../../dashboard/", "../../../../dist/dashboard/"];
  return candidates
    .map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)))
    .find((directory) => statIfPresentSync(join(directory, "index.html")) !== undefined);
}

/** Reads the whole application (about 1 MB). Undefined if it was not built. */
export async function readWebFiles(directory = builtDirectory()): Promise<WebFiles | undefined> {
  if (directory === undefined) return undefined;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const assets = new Map<string, WebFile>();
  let document: string | undefined;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(directory.length).replaceAll("\\", "/").replace(/^\//, "");
    if (path === "index.html") document = await readFile(file, "utf8");
    else if (MEDIA_TYPES[extname(path)] !== undefined) assets.set(path, webFile(path, await readFile(file)));
  }
  return document === undefined ? undefined : { assets, document };
}

function webFile(path: string, plain: Buffer): WebFile {
  const extension = extname(path);
  const compressed = new Map<Encoding, Promise<Buffer | undefined>>();
  return {
    type: MEDIA_TYPES[extension] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`,
    plain,
    encoded(encoding) {
      if (!COMPRESSIBLE.has(extension) || plain.length < 1024) return Promise.resolve(undefined);
      const cached = compressed.get(encoding) ?? compress(plain, encoding);
      compressed.set(encoding, cached);
      return cached;
    },
  };
}

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

async function compress(plain: Buffer, encoding: Encoding): Promise<Buffer | undefined> {
  const result =
    encoding === "br"
      ? await brotli(plain, {
          // Level 9 of 11: within 3 % of the best size in a tenth of the time, because files are compressed on demand.
          params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
        })
      : await zip(plain, { level: 9 });
  return result.length < plain.length ? result : undefined;
}
