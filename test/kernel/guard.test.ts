import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PER_ROUTE } from "../../src/contracts/authority.js";
import { guardWith } from "../../src/runtime/kernel/guard.js";
import { knownHosts } from "../../src/runtime/kernel/hosts.js";
import { type Kernel, startKernel } from "../../src/runtime/kernel/kernel.js";
import { respondJson } from "../../src/runtime/kernel/listener.js";
import { planOf } from "../support/gateway/gateway.js";

const plan = planOf(`
platform: test
models: { assistant: { engine: simulated } }
services: { keelson: { modules: [gateway, engine] } }
entrances: { web: { host: chat.example.com } }
`);

describe("the Host header of a request", () => {
  const hosts = knownHosts(plan, () => "https://public.example.org");
  it.each([
    ...["localhost", "localhost:8800", "keelson.localhost", "127.0.0.1", "127.0.0.1:8800", "[::1]:8800", "192.0.2.1"],
    ...["gateway:8080", "gateway.chat.svc:8080", "gateway.chat.svc.cluster.local", "host.docker.internal"],
    ...["chat.example.com", "CHAT.example.com.:443", "public.example.org"],
  ])("%s is a name of the platform", (host) => expect(hosts.has(host)).toBe(true));

  it.each([
    undefined,
    "",
    "evil.example",
    "evil.example:8800",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "chat.example.com.evil.example",
    "evil.chat.example.com",
    "[evil]",
    "a b",
  ])("%s may be a name that resolves to this machine (DNS rebinding)", (host) => expect(hosts.has(host)).toBe(false));
});

describe("a process", () => {
  let directory: string;
  let kernel: Kernel;
  let token: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-guard-"));
    kernel = await startKernel(
      {
        admin: {
          needs: [],
          start: async (context) => {
            context.route("/admin", PER_ROUTE, (_request, response) => respondJson(response, 200, {}));
            return { client: {}, stop: async () => undefined };
          },
        },
      },
      {
        plan,
        modules: ["admin"],
        listen: { host: "127.0.0.1", port: 0 },
        dataDirectory: join(directory, "data"),
        secretsDirectory: join(directory, "secrets"),
        log: pino({ level: "silent" }),
      },
    );
    token = await readFile(join(directory, "secrets/internal/token"), "utf8");
  });
  afterAll(async () => {
    await kernel.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const status = (path: string, headers: Record<string, string>, method = "GET"): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(`${kernel.url}${path}`, { method, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });

  it.each(["/services", "/metrics"])("requires its token for %s on loopback as well", async (path) => {
    expect(await status(path, { host: "localhost:8800" })).toBe(401);
    expect(await status(path, { authorization: `Bearer ${token}` })).toBe(200);
  });

  it.each(["/services", "/metrics", "/admin/keys", "/v1/models", "/"])(
    "refuses a request for %s that is addressed to another name",
    async (path) => {
      expect(await status(path, { host: "evil.example", authorization: `Bearer ${token}` })).toBe(421);
    },
  );

  it("reports its health under any name", async () => {
    expect(await status("/health", { host: "evil.example" })).toBe(200);
  });

  it.each([
    ["another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }, 403],
    ["another port of this machine", { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:1" }, 403],
    ["another port, in a browser that reports the origin only", { origin: "http://127.0.0.1:1" }, 403],
    ["a sandboxed page", { origin: "null" }, 403],
    ["its own page", { "sec-fetch-site": "same-origin" }, 200],
    ["the host of an entrance, behind a proxy that changes Host", { origin: "https://chat.example.com" }, 200],
    ["a client that is no browser", {}, 200],
  ])("responds to a change by a page of %s accordingly", async (_page, headers, expected) => {
    expect(await status("/admin/keys", headers, "POST")).toBe(expected);
  });
});

describe("the token of a process", () => {
  const request = (headers: Record<string, string>) =>
    ({ headers, socket: { remoteAddress: "::ffff:192.0.2.1" } }) as never;

  it("is each of those in the secret, so that it can be rotated without an interruption", () => {
    const guard = guardWith("new-token\nold-token\n");
    const accepts = (token: string) => guard.internal(request({ authorization: `Bearer ${token}` }));
    expect([accepts("new-token"), accepts("old-token"), accepts("other-token"), accepts("")]).toEqual([
      ...[true, true, false, false],
    ]);
  });

  it("lets the module that forwards a request report the client", () => {
    const guard = guardWith("token");
    const reported = {
      ...{
        host: "accounts:8080",
        "x-keelson-client-address": "203.0.113.9",
        "x-keelson-client-host": "chat.example.com",
      },
    };
    const connection = { address: "192.0.2.1", host: "accounts:8080" };
    expect(guard.client(request(reported))).toEqual(connection);
    expect(guard.client(request({ ...reported, "x-keelson-forwarded-by": "guess" }))).toEqual(connection);
    expect(guard.client(request({ ...reported, "x-keelson-forwarded-by": "token" }))).toEqual({
      ...{ address: "203.0.113.9", host: "chat.example.com" },
    });
  });
});
