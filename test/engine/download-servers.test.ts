import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { setVariables } from "../support/environment.js";

const HEADER = Buffer.from("474755460300000001000000000000000000000000000000", "hex");
const model = Buffer.concat([HEADER, randomBytes(3 * 1024 * 1024)]);
const newer = Buffer.concat([HEADER, randomBytes(3 * 1024 * 1024)]);
const sumOf = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

let directory: string;
let undo: (() => unknown)[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-servers-"));
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "HF_ENDPOINT"];
  undo = [setVariables(Object.fromEntries(proxies.map((name) => [name, undefined])))];
});
afterEach(async () => {
  for (const each of undo.reverse()) await each();
  await rm(directory, { recursive: true, force: true });
});

async function listening(server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** Starts a server; returns its URL. */
const serve = async (answer: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listening(createServer(answer))}`;

/** The program as a new process loads it, with the variables of the environment. */
async function load(variables: Record<string, string> = {}) {
  undo.push(setVariables(variables));
  vi.resetModules();
  const { download, probeDownload } = await import("../../src/runtime/engine/weights/http.js");
  const { downloadUrl, hubAuthorization } = await import("../../src/runtime/engine/weights/hub.js");
  const file = join(directory, "m.gguf");
  const get = (source: string, sha256?: string): Promise<void> =>
    download({
      url: downloadUrl(source),
      authorization: hubAuthorization(source),
      ...{ file, sha256, signal: AbortSignal.timeout(30_000), onProgress: () => {} },
    });
  return { get, probe: (source: string) => probeDownload(downloadUrl(source), 5_000), read: () => readFile(file) };
}

const whole =
  (content: Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { "content-length": content.length, ...headers }).end(content);

/** Answers with the rest from the requested offset, if the version is the same. */
function ranged(content: Buffer, version: string, { headers }: IncomingMessage, response: ServerResponse): void {
  const start = Number(/bytes=(\d+)-/.exec(headers.range ?? "")?.[1] ?? 0);
  const same = headers["if-range"] === undefined || headers["if-range"] === version;
  const sent = same ? content.subarray(start) : content;
  const range = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
  const partial = same && start > 0;
  response.writeHead(partial ? 206 : 200, { etag: version, "content-length": sent.length, ...(partial ? range : {}) });
  response.end(sent);
}

/** Sends a part and loses the connection. */
function lose(content: Buffer, bytes: number, response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-length": content.length, ...headers });
  response.write(content.subarray(0, bytes), () => setTimeout(() => response.destroy(), 50));
}

describe("a download behind a proxy", () => {
  it("is requested from the proxy in HTTP_PROXY, with the proxy's credentials, and not from hosts in NO_PROXY", async () => {
    const seen: (readonly [string | undefined, string | undefined])[] = [];
    const proxy = await serve((request, response) => {
      seen.push([request.url, request.headers["proxy-authorization"]]);
      whole(model)(request, response);
    });
    const direct = await serve(whole(model));
    const { get, read } = await load({
      HTTP_PROXY: proxy.replace("//", "//user:pass@"),
      NO_PROXY: "127.0.0.1",
      HF_ENDPOINT: "http://hub.invalid/mirror/",
    });
    await get("hf://owner/repo/m.gguf@v1");
    expect(model.equals(await read())).toBe(true);
    const credentials = `Basic ${Buffer.from("user:pass").toString("base64")}`;
    expect(seen).toEqual([["http://hub.invalid/mirror/owner/repo/resolve/v1/m.gguf", credentials]]);
    await get(`${direct}/m.gguf`);
    expect(seen).toHaveLength(1);
  });

  it("over HTTPS is tunnelled through the proxy in HTTPS_PROXY, which sees the host and nothing else", async () => {
    const names = { key: join(directory, "key.pem"), cert: join(directory, "cert.pem") };
    const subject = ["-subj", "/CN=hub.invalid", "-days", "1", "-nodes", "-newkey", "ec", "-pkeyopt"];
    const curve = ["ec_paramgen_curve:P-256", "-keyout", names.key, "-out", names.cert];
    execFileSync("openssl", ["req", "-x509", ...subject, ...curve], { stdio: "ignore" });
    const tls = { key: await readFile(names.key), cert: await readFile(names.cert) };
    let token: string | undefined;
    const hub = createTlsServer(tls, (request, response) => {
      token = request.headers.authorization;
      whole(model)(request, response);
    });
    const port = await listening(hub);
    const tunnels: (string | undefined)[] = [];
    const proxy = createServer((_request, response) => void response.writeHead(400).end());
    proxy.on("connect", (request, socket) => {
      tunnels.push(request.url);
      const through = connect(port, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        through.pipe(socket).pipe(through);
      });
      for (const one of [through, socket]) one.on("error", () => through.destroy());
    });
    const { get, read } = await load({
      HTTPS_PROXY: `http://127.0.0.1:${await listening(proxy)}`,
      HF_ENDPOINT: "https://hub.invalid",
      HF_TOKEN: "hf_secret",
      // The certificate is of no authority.
      NODE_TLS_REJECT_UNAUTHORIZED: "0",
    });
    await get("hf://owner/repo/m.gguf");
    expect(model.equals(await read())).toBe(true);
    expect([tunnels, token]).toEqual([["hub.invalid:443"], "Bearer hf_secret"]);
  });

  it.each([
    ["refuses", (proxy: string) => ({ HTTPS_PROXY: proxy }), /407|Proxy/],
    ["cannot be reached", () => ({ HTTPS_PROXY: "http://127.0.0.1:9" }), /refused the connection/],
  ])("that %s is reported in one line", async (_name, variables, words) => {
    const proxy = createServer();
    proxy.on("connect", (_request, socket) =>
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"),
    );
    const { probe } = await load(variables(`http://127.0.0.1:${await listening(proxy)}`));
    expect(await probe("hf://owner/repo/m.gguf")).toEqual({ why: expect.stringMatching(words) });
  });
});

describe("a redirect of a download", () => {
  it("to another host does not carry the token of the hub", async () => {
    const seen: (string | undefined)[] = [];
    const store = await serve((request, response) => {
      seen.push(request.headers.authorization);
      whole(model)(request, response);
    });
    const hub = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: `${store}/blob?signature=x` }).end();
    });
    const { get, read } = await load({ HF_ENDPOINT: hub, HF_TOKEN: "hf_secret" });
    await get("hf://owner/repo/m.gguf");
    expect(model.equals(await read())).toBe(true);
    expect(seen).toEqual(["Bearer hf_secret", undefined]);
  });

  it("in a circle is an error after a few requests", async () => {
    let count = 0;
    const hub = await serve((request, response) => {
      count += 1;
      response.writeHead(307, { location: request.url === "/a" ? "/b" : "/a" }).end();
    });
    const { get } = await load();
    await expect(get(`${hub}/a`)).rejects.toMatchObject({ code: "download/redirects" });
    expect(count).toBeLessThan(10);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("a download that is cut", () => {
  it("continues as often as it makes progress", async () => {
    let requests = 0;
    const piece = Math.ceil(model.length / 3);
    const url = await serve((request, response) => {
      requests += 1;
      const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      if (start + piece >= model.length) return ranged(model, '"1"', request, response);
      const range = { etag: '"1"', "content-range": `bytes ${start}-${model.length - 1}/${model.length}` };
      response.writeHead(start > 0 ? 206 : 200, { "content-length": model.length - start, ...range });
      return void response.write(model.subarray(start, start + piece), () => setTimeout(() => response.destroy(), 50));
    });
    const { get, read } = await load();
    await get(`${url}/m.gguf`);
    expect(model.equals(await read())).toBe(true);
    expect(requests).toBe(3);
    expect((await readdir(directory)).sort()).toEqual(["m.gguf", "m.gguf.sha256"]);
  });

  it("starts again at a server without range requests", async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 1) lose(model, 2_000_000, response, { etag: '"1"' });
      else whole(model)(request, response);
    });
    const { get, read } = await load();
    await get(`${url}/m.gguf`);
    expect(model.equals(await read())).toBe(true);
  });

  it("does not become a mixture when the file has changed meanwhile", async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 1) lose(model, 2_000_000, response, { etag: '"1"' });
      else ranged(newer, '"2"', request, response);
    });
    const { get, read } = await load();
    await get(`${url}/m.gguf`);
    expect(newer.equals(await read())).toBe(true);
  });

  it("is not continued if nothing can verify that it is the same file", async () => {
    const ranges: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      ranges.push(request.headers.range);
      if (ranges.length === 1) lose(model, 2_000_000, response, { etag: 'W/"weak"' });
      else ranged(newer, "none", request, response);
    });
    const { get, read } = await load();
    await get(`${url}/m.gguf`);
    expect(newer.equals(await read())).toBe(true);
    expect(ranges).toEqual([undefined, undefined]);
  });

  it.each<readonly [string, RequestListener]>([
    [
      "sends another range",
      (_request, response) => void response.writeHead(206, { "content-range": "bytes 0-9/10" }).end("0123456789"),
    ],
    [
      "refuses the range, because the partial file is too long",
      (_request, response) => void response.writeHead(416, { "content-range": "bytes */50" }).end(),
    ],
  ])("starts again when the server %s", async (_name, answer) => {
    await writeFile(join(directory, "m.gguf.part"), Buffer.alloc(100));
    const url = await serve((request, response) =>
      (request.headers.range === undefined ? whole(model) : answer)(request, response),
    );
    const { get, read } = await load();
    await get(`${url}/m.gguf`, sumOf(model));
    expect(model.equals(await read())).toBe(true);
  });

  it("is complete when the server has no more bytes", async () => {
    await writeFile(join(directory, "m.gguf.part"), model);
    const range = `bytes */${model.length}`;
    const url = await serve((_request, response) => void response.writeHead(416, { "content-range": range }).end());
    const { get, read } = await load();
    await get(`${url}/m.gguf`, sumOf(model));
    expect(model.equals(await read())).toBe(true);
  });
});

describe("a server of downloads", () => {
  it("is asked again while it is overloaded, and not when it has refused", async () => {
    const statuses = [503, 429];
    const busy = await serve((request, response) => {
      const status = statuses.shift();
      if (status === undefined) whole(model)(request, response);
      else response.writeHead(status).end();
    });
    let refusals = 0;
    const refusing = await serve((_request, response) => {
      refusals += 1;
      response.writeHead(403).end();
    });
    const { get, read } = await load();
    await get(`${busy}/m.gguf`);
    expect(model.equals(await read())).toBe(true);
    await rm(join(directory, "m.gguf"));
    await expect(get(`${refusing}/m.gguf`)).rejects.toMatchObject({ code: "download/status" });
    expect(refusals).toBe(1);
  });

  it.each([
    ["a page of a portal", Buffer.from("<html>Sign in to the network</html>".repeat(100)), undefined],
    ["an empty file", Buffer.alloc(0), undefined],
    ["another file than the expected one", newer, sumOf(model)],
  ])("that sends %s with status 200 leaves nothing behind", async (_name, content, sum) => {
    const url = await serve(whole(content));
    const { get } = await load();
    await expect(get(`${url}/m.gguf`, sum)).rejects.toMatchObject({
      code: sum === undefined ? "download/failed" : "download/checksum",
    });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("a full disk", () => {
  it("ends a download at once with its reason, and the next one continues", async (context) => {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", directory], { stdio: "ignore" });
    } catch {
      context.skip("this user may not mount a file system");
    }
    try {
      const ranges: (string | undefined)[] = [];
      const url = await serve((request, response) => {
        ranges.push(request.headers.range);
        ranged(model, '"1"', request, response);
      });
      const { get, read } = await load();
      await expect(get(`${url}/m.gguf`)).rejects.toMatchObject({
        code: "download/failed",
        message: expect.stringMatching(/no space left on device/i),
      });
      expect(ranges).toHaveLength(1);
      execFileSync("mount", ["-o", "remount,size=16m", directory], { stdio: "ignore" });
      await get(`${url}/m.gguf`);
      expect(model.equals(await read())).toBe(true);
      expect(ranges.at(-1)).toMatch(/^bytes=\d{6,}-$/);
    } finally {
      execFileSync("umount", [directory], { stdio: "ignore" });
    }
  });
});
