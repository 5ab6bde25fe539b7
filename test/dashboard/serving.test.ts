import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readWebFiles } from "../../src/runtime/dashboard/web/files.js";
import { webHandler } from "../../src/runtime/dashboard/web/handler.js";
import { refuseWith } from "../../src/runtime/kernel/refuse.js";

const html = { accept: "text/html,application/xhtml+xml" };
const script = `console.log("${"keelson ".repeat(400)}");`;

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ server: Server; url: string }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}

describe("the web application's files", () => {
  let directory: string;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "keelson-web-"));
    await mkdir(join(directory, "assets"));
    await writeFile(join(directory, "index.html"), '<meta property="csp-nonce" nonce="__NONCE__"><div id="root">');
    await writeFile(join(directory, "assets", "main-3f2a9c.js"), script);
    await writeFile(join(directory, "assets", "mark-1b2c3d.svg"), "<svg/>");
    await writeFile(join(directory, "secret.pem"), "not for the browser");
    ({ server, url } = await listen(
      webHandler(
        await readWebFiles(`${directory}/`),
        refuseWith(() => undefined),
      ),
    ));
  });

  afterAll(async () => {
    server.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("are one uncached document under every page path", async () => {
    for (const path of ["/", "/promises", "/drills/20261121T080102Z-process-crash", "/keys/?x=1"]) {
      const { statusCode, headers, body } = await request(`${url}${path}`, { headers: html });
      expect(statusCode).toBe(200);
      expect(headers["cache-control"]).toBe("no-store");
      expect(await body.text()).toContain('<div id="root">');
    }
  });

  it("are served to clients that accept any type: curl, a monitor, a client without an Accept header; for HEAD too", async () => {
    for (const method of ["GET", "HEAD"] as const)
      for (const headers of [{ accept: "*/*" }, { accept: "text/*;q=0.8" }, {}])
        for (const path of ["/", "/promises"]) {
          const { statusCode, headers: sent, body } = await request(`${url}${path}`, { method, headers });
          expect([method, path, statusCode, sent["content-type"]]).toEqual([
            method,
            path,
            200,
            "text/html; charset=utf-8",
          ]);
          expect(Number(sent["content-length"])).toBeGreaterThan(0);
          const text = await body.text();
          if (method === "HEAD") expect(text).toBe("");
          else expect(text).toContain('<div id="root">');
        }
  });

  it("are not served to clients that require JSON or misspell an API path", async () => {
    const cases: readonly (readonly [string, string])[] = [
      ["/nothing", "application/json"],
      ["/", "application/json"],
      ["/nothing", "application/json, text/plain, */*"],
      ["/admin/kyes", "*/*"],
      ["/v2/models", "*/*"],
      ["/api", "*/*"],
      ["/favicon.ico", "*/*"],
    ];
    for (const [path, accept] of cases) {
      const { statusCode, headers, body } = await request(`${url}${path}`, { headers: { accept } });
      expect([path, statusCode, headers["content-type"]]).toEqual([path, 404, "application/json"]);
      expect(await body.json()).toMatchObject({ error: { code: "request/not-found" } });
    }
  });

  it("allow styles by a nonce per response, and scripts only from the same origin", async () => {
    const nonces = new Set<string>();
    for (let turn = 0; turn < 20; turn++) {
      const { headers, body } = await request(url, { headers: html });
      const policy = String(headers["content-security-policy"]);
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
      expect(nonce.length).toBeGreaterThan(20);
      expect(await body.text()).toContain(`nonce="${nonce}"`);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(20);
  });

  it("have the security headers", async () => {
    for (const path of ["/", "/assets/main-3f2a9c.js", "/assets/none.js"]) {
      const { headers, body } = await request(`${url}${path}`, { headers: html });
      await body.dump();
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
      });
    }
  });

  it.each(["/healthz", "/docs", "/foo", "/drills/a/b", "/keys.html"])(
    "do not exist at %s, with status 404",
    async (path) => {
      const monitor = await request(`${url}${path}`);
      expect([monitor.statusCode, monitor.headers["content-type"]]).toEqual([404, "application/json"]);
      await monitor.body.dump();
      // A person reads it in the application.
      const browser = await request(`${url}${path}`, { headers: html });
      expect([browser.statusCode, browser.headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"]);
      await browser.body.dump();
    },
  );

  it("are immutable under their hashed names, and revalidated by their ETag", async () => {
    const { headers, body } = await request(`${url}/assets/main-3f2a9c.js`);
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect(await body.text()).toBe(script);
    const again = await request(`${url}/assets/main-3f2a9c.js`, {
      headers: { "if-none-match": String(headers["etag"]) },
    });
    await again.body.dump();
    expect(again.statusCode).toBe(304);
  });

  it("are compressed for clients that accept it", async () => {
    const ask = async (coding: string) => {
      const { headers, body } = await request(`${url}/assets/main-3f2a9c.js`, {
        headers: { "accept-encoding": coding },
      });
      return { headers, bytes: Buffer.from(await body.arrayBuffer()) };
    };
    const br = await ask("gzip, deflate, br");
    expect(br.headers["content-encoding"]).toBe("br");
    expect(brotliDecompressSync(br.bytes).toString()).toBe(script);
    expect(br.bytes.length).toBeLessThan(script.length / 10);
    const gzip = await ask("gzip, br;q=0");
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(gzip.bytes).toString()).toBe(script);
    const plain = await ask("identity");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    expect(plain.headers["vary"]).toBe("accept-encoding");
  });

  it("return 404 for a missing asset, not the document", async () => {
    const { statusCode, headers, body } = await request(`${url}/assets/main-000000.js`, { headers: html });
    expect(statusCode).toBe(404);
    expect(headers["content-type"]).toBe("application/json");
    expect(await body.json()).toMatchObject({ error: { code: "request/not-found" } });
  });

  it("refuse other methods, clients that require JSON, and invalid paths", async () => {
    const hint = "The OpenAI API is under /v1, Ollama's under /api.";
    const post = await request(`${url}/chat/completions`, { method: "POST", body: "{}" });
    expect(post.statusCode).toBe(405);
    expect(post.headers["allow"]).toBe("GET, HEAD");
    expect(await post.body.json()).toMatchObject({ error: { code: "request/method", hint } });
    const json = await request(`${url}/models`, { headers: { accept: "application/json" } });
    expect(json.statusCode).toBe(404);
    expect(await json.body.json()).toMatchObject({ error: { code: "request/not-found", hint } });
    const broken = await request(`${url}/%E0%A4%A`, { headers: html });
    await broken.body.dump();
    expect(broken.statusCode).toBe(404);
  });

  it("return only headers for HEAD", async () => {
    const { statusCode, headers, body } = await request(`${url}/assets/main-3f2a9c.js`, { method: "HEAD" });
    expect(statusCode).toBe(200);
    expect(headers["content-length"]).toBe(String(script.length));
    expect(await body.text()).toBe("");
  });

  it("are limited to their directory and to the file types of a page", async () => {
    const { port } = new URL(url);
    for (const path of [
      "/../../../etc/passwd",
      "/assets/../../../../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/secret.pem",
    ]) {
      const answer = await raw(Number(port), `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer).not.toMatch(/root:|not for the browser/);
    }
  });
});

describe("a dashboard that is not built", () => {
  it("reports it with a hint", async () => {
    const { server, url } = await listen(
      webHandler(
        undefined,
        refuseWith(() => undefined),
      ),
    );
    const { statusCode, body } = await request(url, { headers: html });
    expect(statusCode).toBe(503);
    expect(await body.json()).toMatchObject({
      error: { code: "dashboard/not-built", hint: expect.stringContaining("npm run build") },
    });
    server.close();
  });
});

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}
