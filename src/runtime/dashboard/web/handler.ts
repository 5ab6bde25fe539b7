import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isPage } from "../../../contracts/pages.js";
import type { Handler } from "../../kernel/listener.js";
import type { Refuse } from "../../kernel/refuse.js";
import type { Encoding, WebFile, WebFiles } from "./files.js";
import { COMMON_HEADERS, documentPolicy } from "./policy.js";

const YEAR_S = 31_536_000;
/** A hint for clients whose base URL lacks the path of the API. */
const API_HINT = "The OpenAI API is under /v1, Ollama's under /api.";

/**
 * Serves the application under `/`: assets by their hashed names, cached permanently; for the path of a page
 * the document, never cached, with its own policy and nonce.
 */
export function webHandler(files: WebFiles | undefined, refuse: Refuse): Handler {
  return (request, response) => {
    for (const [name, value] of Object.entries(COMMON_HEADERS))
      if (value !== undefined) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return refuse(request, response, "request/method", "the dashboard supports GET only", API_HINT);
    }
    if (!files) {
      return refuse(request, response, "dashboard/not-built", "the dashboard was not built");
    }
    const path = pathOf(request.url ?? "/");
    const asset = path === undefined ? undefined : files.assets.get(path.slice(1));
    if (asset && path !== undefined) return void sendAsset(request, response, asset, path.startsWith("/assets/"));
    // For a missing asset the document must not be returned: the browser would run it as a script.
    if (path === undefined || path.startsWith("/assets/") || !wantsDocument(request, path)) {
      return refuse(request, response, "request/not-found", "no route at this path", API_HINT);
    }
    // A person reads in the application that there is no such page; a monitor reads the status.
    const status = isPage(path) ? 200 : 404;
    if (status === 404 && !acceptsHtml(request))
      return refuse(request, response, "request/not-found", "no route at this path", API_HINT);
    sendDocument(request, response, status, files.document);
  };
}

/** The path without its query, decoded; undefined when it is not valid. */
function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split("?", 1)[0] ?? "/");
  } catch {
    return undefined;
  }
}

/** Paths of pages: no file name, and not below an API, where a misspelled path must be an error. */
const PAGE_PATH = /^\/(?!(admin|api|internal|v\d+)(\/|$))[\w/-]*$/;

/** Browsers accept HTML. Clients that accept anything (`curl`, a monitor) receive pages that exist as well, clients of JSON never. */
function wantsDocument(request: IncomingMessage, path: string): boolean {
  const accept = request.headers.accept ?? "*/*";
  if (acceptsHtml(request)) return true;
  return !accept.includes("json") && /\*\/\*|text\/\*/.test(accept) && PAGE_PATH.test(path);
}

function acceptsHtml({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes("text/html") === true;
}

function sendDocument(request: IncomingMessage, response: ServerResponse, status: 200 | 404, document: string): void {
  const nonce = randomBytes(18).toString("base64");
  const body = Buffer.from(document.replaceAll("__NONCE__", nonce));
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-length": body.length,
    "content-security-policy": documentPolicy(nonce),
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function sendAsset(
  request: IncomingMessage,
  response: ServerResponse,
  file: WebFile,
  hashed: boolean,
): Promise<void> {
  const headers = {
    "content-type": file.type,
    etag: file.etag,
    vary: "accept-encoding",
    "cache-control": hashed ? `public, max-age=${YEAR_S}, immutable` : "no-cache",
    // An SVG that is opened on its own is a document and could run scripts.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  };
  if (request.headers["if-none-match"] === file.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const encoding = accepted(request);
  const compressed = encoding === undefined ? undefined : await file.encoded(encoding).catch(() => undefined);
  const body = compressed ?? file.plain;
  if (response.destroyed) return;
  response.writeHead(200, {
    ...headers,
    "content-length": body.length,
    ...(compressed && encoding ? { "content-encoding": encoding } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

function accepted({ headers }: IncomingMessage): Encoding | undefined {
  const codings = String(headers["accept-encoding"] ?? "")
    .split(",")
    .map((coding) => coding.trim().split(";"))
    .filter(([, quality]) => quality?.trim() !== "q=0")
    .map(([coding]) => coding);
  if (codings.includes("br")) return "br";
  return codings.includes("gzip") ? "gzip" : undefined;
}
