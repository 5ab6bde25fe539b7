import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { afterEach, expect, it } from "vitest";
import { KubernetesClient } from "../../src/kubernetes/client.js";
import type { Identity } from "../../src/kubernetes/connection.js";

let server: Server | undefined;
let client: KubernetesClient | undefined;
afterEach(async () => {
  await client?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
});

async function connect(
  listener: RequestListener,
  options: { readonly authorization?: string; readonly renewed?: string; readonly allowPlainHttp?: boolean } = {},
): Promise<KubernetesClient> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const address = started.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const connection = {
    description: "a test",
    server: `http://127.0.0.1:${address.port}`,
    authority: undefined,
    verify: true,
    serverName: undefined,
    namespace: undefined,
    credentials: async (rejected?: Identity) => ({
      client: undefined,
      authorization: rejected === undefined ? options.authorization : (options.renewed ?? options.authorization),
    }),
  };
  client = new KubernetesClient(connection, { allowPlainHttp: options.allowPlainHttp === true });
  return client;
}

const kinds = JSON.stringify({ resources: [{ name: "pods", kind: "Pod", namespaced: true }] });
const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "shop" } };

it("discovers kinds again after a failed discovery", async () => {
  let discoveries = 0;
  const api = await connect((request, response) => {
    if (request.url !== "/api/v1") return response.writeHead(200).end(JSON.stringify(pod));
    discoveries += 1;
    return discoveries === 1 ? response.writeHead(500).end("{}") : response.writeHead(200).end(kinds);
  });
  await expect(api.get(pod)).rejects.toMatchObject({ code: "kubernetes/failed" });
  expect(await api.get(pod)).toMatchObject(pod);
  expect(await api.get(pod)).toMatchObject(pod);
  expect(discoveries).toBe(2);
});

it.each([200, 502])("reports the page of a proxy in place of a watch (%i)", async (status) => {
  const api = await connect((request, response) =>
    request.url === "/api/v1"
      ? response.writeHead(200).end(kinds)
      : response.writeHead(status, { "content-type": "text/html" }).end("<html>\n<body>Bad gateway</body>\n</html>\n"),
  );
  const watch = async () => {
    for await (const _ of api.watch("v1", "Pod", "shop", {}, "1", new AbortController().signal));
  };
  await expect(watch()).rejects.toMatchObject({ code: "kubernetes/failed", name: "KubernetesError" });
});

it.each([
  ["a page instead of the kinds", (url: string) => (url === "/api/v1" ? "<html>Sign in</html>" : JSON.stringify(pod))],
  ["other JSON instead of the kinds", (url: string) => (url === "/api/v1" ? '{"ok":true}' : JSON.stringify(pod))],
  ["other JSON instead of an object", (url: string) => (url === "/api/v1" ? kinds : '{"ok":true}')],
  ["a page instead of an object", (url: string) => (url === "/api/v1" ? kinds : "<html>Sign in</html>")],
])("reports %s with status 200 as an answer of another server", async (_title, bodyOf) => {
  const api = await connect((request, response) => response.writeHead(200).end(bodyOf(request.url ?? "")));
  await expect(api.get(pod)).rejects.toMatchObject({
    code: "kubernetes/failed",
    message: expect.stringContaining("is not from the Kubernetes API"),
  });
});

/** Writes as fast as the client reads, until it closes the connection. */
function writeForEver(response: ServerResponse, chunk: string): void {
  const write = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once("drain", write);
  };
  write();
}

it("ends a response, a list and a watch that never end", async () => {
  let pages = 0;
  const api = await connect((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
    if (pathname === "/api/v1") return response.writeHead(200).end(kinds);
    if (pathname.endsWith("/a")) return writeForEver(response.writeHead(200), " ".repeat(2 ** 20));
    if (searchParams.has("watch")) return writeForEver(response.writeHead(200), "x".repeat(2 ** 20));
    pages += 1;
    return response.writeHead(200).end(JSON.stringify({ metadata: { continue: `page-${pages}` }, items: [] }));
  });
  const tooLarge = {
    code: "kubernetes/failed",
    message: expect.stringMatching(/is not from the Kubernetes API: it is larger than \d+ MiB$/),
  };
  await expect(api.get(pod)).rejects.toMatchObject(tooLarge);
  const watch = async () => {
    for await (const _ of api.watch("v1", "Pod", "shop", {}, "1", new AbortController().signal));
  };
  await expect(watch()).rejects.toMatchObject(tooLarge);
  await expect(api.list("v1", "Pod", "shop", {})).rejects.toMatchObject({ message: expect.stringContaining("pages") });
  expect(pages).toBe(200);
});

it("reads the events of a watch whose lines are split anywhere, and multi-byte characters in them", async () => {
  const event = (name: string) =>
    `${JSON.stringify({ type: "ADDED", object: { ...pod, metadata: { name, annotations: { note: "größer ✓" } } } })}\n`;
  const bytes = Buffer.from([event("a"), event("b"), "\n", event("c")].join(""));
  const api = await connect(async (request, response) => {
    if (request.url === "/api/v1") return response.writeHead(200).end(kinds);
    response.writeHead(200);
    for (let start = 0; start < bytes.length; start += 7) {
      response.write(bytes.subarray(start, start + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    return response.end();
  });
  const seen: unknown[] = [];
  for await (const { object } of api.watch("v1", "Pod", "shop", {}, "1", new AbortController().signal))
    seen.push([object.metadata.name, object.metadata.annotations?.["note"]]);
  expect(seen).toEqual(["a", "b", "c"].map((name) => [name, "größer ✓"]));
});

it("distinguishes a missing permission from an object that a quota, a policy or a webhook denies", async () => {
  const answers = [
    [403, 'pods "a" is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5'],
    [403, 'pods "a" is forbidden: User "ana" cannot get resource "pods" in API group "" in the namespace "shop"'],
    [400, 'admission webhook "w.example.org" does not support dry run'],
  ] as const;
  let next = 0;
  const api = await connect((request, response) => {
    if (request.url === "/api/v1") return response.writeHead(200).end(kinds);
    const [status, message] = answers[next++] ?? [500, ""];
    return response.writeHead(status).end(JSON.stringify({ kind: "Status", reason: "Forbidden", message }));
  });
  await expect(api.get(pod)).rejects.toMatchObject({
    code: "kubernetes/denied",
    hint: expect.stringContaining("quota"),
  });
  await expect(api.get(pod)).rejects.toMatchObject({ code: "kubernetes/forbidden" });
  await expect(api.get(pod)).rejects.toMatchObject({ hint: expect.stringContaining("sideEffects: None") });
});

it.each([
  ["renewed credentials", { renewed: "Bearer new" }, ["Bearer old", "Bearer new"]],
  ["no others", {}, ["Bearer old"]],
])("requests once more after credentials were rejected, if there are %s", async (_title, others, sent) => {
  const seen: (string | undefined)[] = [];
  const api = await connect(
    ({ url, headers }, response) => {
      if (url === "/api/v1") return response.writeHead(200).end(kinds);
      seen.push(headers.authorization);
      return headers.authorization === "Bearer new"
        ? response.writeHead(200).end(JSON.stringify(pod))
        : response.writeHead(401).end("{}");
    },
    { authorization: "Bearer old", allowPlainHttp: true, ...others },
  );
  const answer = api.get(pod);
  if (sent.length > 1) expect(await answer).toMatchObject(pod);
  else await expect(answer).rejects.toMatchObject({ code: "kubernetes/unauthenticated" });
  expect(seen).toEqual(sent);
});

it("repeats a request that the server defers", async () => {
  const statuses = [429, 500];
  const api = await connect((request, response) => {
    if (request.url === "/api/v1") return response.writeHead(200).end(kinds);
    const status = statuses.shift();
    if (status === undefined) return response.writeHead(200).end(JSON.stringify(pod));
    return response.writeHead(status, { "retry-after": "1" }).end("{}");
  });
  expect(await api.get(pod)).toMatchObject(pod);
});

it("discovers kinds again that the cluster did not serve at first", async () => {
  let installed = false;
  const api = await connect((request, response) =>
    request.url === "/api/v1" && !installed
      ? response.writeHead(404).end("{}")
      : response.writeHead(200).end(request.url === "/api/v1" ? kinds : JSON.stringify(pod)),
  );
  expect(await api.hasKind("v1", "Pod")).toBe(false);
  installed = true;
  expect(await api.hasKind("v1", "Pod")).toBe(true);
});

it("sends credentials without TLS only if that is allowed, and reports the connection", async () => {
  const seen: (string | undefined)[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(200).end(request.url === "/api/v1" ? kinds : JSON.stringify(pod));
  };
  const refused = await connect(listener, { authorization: "Bearer secret" });
  await expect(refused.get(pod)).rejects.toMatchObject({ code: "kubernetes/plain-http", exitCode: 2 });
  expect(seen).toEqual([]);
  expect(refused.warnings).toEqual([expect.stringMatching(/is not encrypted \(a test\)$/)]);
  await refused.close();
  server?.close();
  const allowed = await connect(listener, { authorization: "Bearer secret", allowPlainHttp: true });
  expect(await allowed.get(pod)).toMatchObject(pod);
  expect(seen).toEqual(["Bearer secret", "Bearer secret"]);
});

it.each([
  ["does not respond", () => undefined],
  ["throttles every request", (_, response) => response.writeHead(429).end("{}")],
  ["sends half a response", (_, response) => response.writeHead(200).write("{")],
] satisfies [string, RequestListener][])(
  "ends a request at once when it is cancelled while the server %s",
  async (_title, listener) => {
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const cancelled = new AbortController();
    const whole = await connect((request, response) => {
      listener(request, response);
      arrive();
    });
    const api = whole.cancellable(cancelled.signal);
    const answer = api.get(pod);
    answer.catch(() => undefined);
    await arrived;
    const startedAt = performance.now();
    cancelled.abort(new Error("cancelled by a test"));
    await expect(answer).rejects.toThrowError("cancelled by a test");
    expect(performance.now() - startedAt).toBeLessThan(1000);
    await api.close();
  },
);

it("warns of a certificate that is not verified", () => {
  const connection = {
    ...{ description: "context x", server: "https://k8s.example", authority: undefined },
    verify: false,
  };
  const credentials = async () => ({ client: undefined, authorization: undefined });
  client = new KubernetesClient({ ...connection, serverName: undefined, namespace: undefined, credentials });
  expect(client.warnings).toEqual([
    "the certificate of https://k8s.example is not verified: insecure-skip-tls-verify is set (context x)",
  ]);
});
