import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { PERSON_HEADER, personIn } from "../../contracts/platform-token.js";
import { type ErrorCode, httpStatus, isHttpErrorCode } from "../../errors/catalogue.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";

/** A response: JSON, or a document of another type. */
export type ControlResponse =
  | { readonly status: number; readonly body: unknown }
  | { readonly status: number; readonly type: string; readonly text: string };

/** A path with `:name` parts, as `GET /drills/:id`. */
export type ControlRoutes = Readonly<
  Record<
    string,
    (input: {
      readonly parameters: Readonly<Record<string, string>>;
      readonly body: unknown;
      /** Who calls, for the audit log, as the caller reports it. Only the owner of the socket can call. */
      readonly actor: string;
    }) => Promise<ControlResponse>
  >
>;

const MAX_BODY_BYTES = 64 * 1024;

/** Serves the operations of a running platform on a Unix socket that only its owner can open. */
export async function serveControl(socket: string, routes: ControlRoutes): Promise<Server> {
  const table = Object.entries(routes).map(([route, handler]) => ({ ...compile(route), handler }));
  const server = createServer((request, response) => {
    void respond(request, table).then((content) => send(response, content));
  });
  // The caller holds the lock of the data directory: a socket of this name is left over from a killed platform.
  await rm(socket, { force: true });
  // The socket is bound within `listen`: with a mode that is set later, another user could connect before.
  const umask = process.umask(0o177);
  try {
    server.listen(socket);
  } finally {
    process.umask(umask);
  }
  await once(server, "listening");
  return server;
}

interface CompiledRoute {
  readonly method: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

type Row = CompiledRoute & { readonly handler: ControlRoutes[string] };

function compile(route: string): CompiledRoute {
  const [method = "GET", path = "/"] = route.split(" ");
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  return { method, names, pattern: new RegExp(`^${path.replaceAll(".", "\\.").replace(/:\w+/g, "([^/]+)")}$`) };
}

async function respond(request: IncomingMessage, table: readonly Row[]): Promise<ControlResponse> {
  try {
    const path = new URL(request.url ?? "/", "http://control").pathname;
    const row = table.find(({ method, pattern }) => method === request.method && pattern.test(path));
    if (!row) return refusal("control/unknown", `${request.method} ${path} is not an operation of the supervisor`);
    const values = row.pattern.exec(path)?.slice(1) ?? [];
    const parameters = Object.fromEntries(row.names.map((name, n) => [name, decodeURIComponent(values[n] ?? "")]));
    const actor = personIn(request.headers[PERSON_HEADER]) ?? "operator";
    return await row.handler({ parameters, body: await readBody(request), actor });
  } catch (error) {
    return error instanceof KeelsonError
      ? refusal(error.code, error.message, error.hint)
      : refusal("internal", messageOf(error));
  }
}

/** The commands that call this socket report every code; only those of the admin API have a status of their own. */
function refusal(code: ErrorCode, message: string, hint?: string): ControlResponse {
  const status = httpStatus(isHttpErrorCode(code) ? code : "internal");
  return { status, body: { error: { code, message, ...(hint !== undefined && { hint }) } } };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > MAX_BODY_BYTES) throw new KeelsonError("control/body", "the body is too large");
    chunks.push(bytes);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw new KeelsonError("control/body", "the body is not JSON", { cause: error });
  }
}

function send(response: ServerResponse, content: ControlResponse): void {
  const [type, text] =
    "text" in content ? [content.type, content.text] : ["application/json", `${JSON.stringify(content.body)}\n`];
  response.writeHead(content.status, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}
