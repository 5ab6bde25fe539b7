import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ErrorCode } from "../../../errors/catalogue.js";
import { SESSION_COOKIE } from "../../admin/index.js";
import type { Handler } from "../../kernel/listener.js";
import { answerJson } from "../../kernel/listener.js";
import type { Encoding, WebFile, WebFiles } from "./files.js";
import { commonHeaders, documentPolicy } from "./policy.js";

const year = 31_536_000;
/** For programs whose base URL lacks its path. */
const elsewhere = "The OpenAI API is under /v1, Ollama's under /api.";

/**
 * Serves the application under `/`: assets by their hashed names, cached for good; every other path that a browser opens gets
 * the document, never cached, with a policy and a nonce of its own.
 */
export function webHandler(files: WebFiles | undefined): Handler {
  return (request, response) => {
    for (const [name, value] of Object.entries(commonHeaders)) if (value !== undefined) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return refuse(response, 405, "request/method", "the dashboard takes GET only", elsewhere);
    }
    if (!files) {
      return refuse(
        response,
        503,
        "dashboard/not-built",
        "the dashboard was not built",
        "Run `npm run build`, then start again.",
      );
    }
    const path = pathOf(request.url ?? "/");
    const asset = path === undefined ? undefined : files.assets.get(path.slice(1));
    if (asset && path !== undefined) return void sendAsset(request, response, asset, path.startsWith("/assets/"));
    // A missing asset must not be answered with a document: the browser would take it for the script it asked for.
    if (path === undefined || path.startsWith("/assets/") || !wantsDocument(request, path)) {
      return refuse(response, 404, "request/not-found", "nothing is served here", elsewhere);
    }
    sendDocument(request, response, files.document);
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

/** What a page's path looks like: no name of a file, and not under an API, where a misspelt path must look like an error. */
const pagePath = /^\/(?!(admin|api|internal|v\d+)(\/|$))[\w/-]*$/;

/** Browsers name HTML. Who takes anything (`curl`, a monitor) gets the page as well, who asks for JSON never does. */
function wantsDocument({ headers }: IncomingMessage, path: string): boolean {
  const accept = headers.accept ?? "*/*";
  if (accept.includes("text/html")) return true;
  return !accept.includes("json") && /\*\/\*|text\/\*/.test(accept) && pagePath.test(path);
}

function sendDocument(request: IncomingMessage, response: ServerResponse, document: string): void {
  const nonce = randomBytes(18).toString("base64");
  // A browser without the cookie need not ask who is signed in (and be refused, and log it as an error).
  const session = (request.headers.cookie ?? "").includes(`${SESSION_COOKIE}=`) ? "present" : "absent";
  const body = Buffer.from(document.replaceAll("__NONCE__", nonce).replace("__SESSION__", session));
  response.writeHead(200, {
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
    "cache-control": hashed ? `public, max-age=${year}, immutable` : "no-cache",
    // An SVG opened by itself is a document and could run scripts.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
  };
  if (request.headers["if-none-match"] === file.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const encoding = accepted(request);
  const small = encoding === undefined ? undefined : await file.encoded(encoding).catch(() => undefined);
  const body = small ?? file.plain;
  if (response.destroyed) return;
  response.writeHead(200, {
    ...headers,
    "content-length": body.length,
    ...(small && encoding ? { "content-encoding": encoding } : {}),
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

function refuse(response: ServerResponse, status: number, code: ErrorCode, message: string, hint?: string): void {
  answerJson(response, status, { error: { code, message, ...(hint === undefined ? {} : { hint }) } });
}
