import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheName } from "../../src/runtime/engine/weights/cache.js";
import { download, probeDownload } from "../../src/runtime/engine/weights/http.js";
import { downloadUrl } from "../../src/runtime/engine/weights/hub.js";

const content = randomBytes(3 * 1024 * 1024);
const sha256 = createHash("sha256").update(content).digest("hex");

let directory: string;
let url: string;
let requests: { readonly method: string | undefined; readonly range: string | undefined }[];
let cutAfter: number | undefined;
let close: () => Promise<void>;

/** A server like the model hub's: redirects to its store, supports ranges, and sometimes loses the connection. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url?.startsWith("/owner/")) {
    response.writeHead(302, { location: "/store/file" }).end();
    return;
  }
  requests.push({ method: request.method, range: request.headers.range });
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (start >= content.length) {
    response.writeHead(416).end();
    return;
  }
  const rest = content.subarray(start);
  const range = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
  response.writeHead(start > 0 ? 206 : 200, { "content-length": rest.length, ...(start > 0 ? range : {}) });
  if (request.method === "HEAD") response.end();
  else if (cutAfter === undefined) response.end(rest);
  else {
    const cut = cutAfter;
    cutAfter = undefined;
    response.write(rest.subarray(0, cut), () => setTimeout(() => response.destroy(), 50));
  }
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-download-"));
  requests = [];
  cutAfter = undefined;
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  url = `http://127.0.0.1:${address.port}/owner/repo/resolve/main/m.gguf`;
  close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
});
afterEach(async () => {
  await close();
  await rm(directory, { recursive: true, force: true });
});

const get = (
  sum: string | undefined,
  onProgress: (progress: { bytes: number; total: number | undefined }) => void = () => {},
): Promise<void> =>
  download({ url, file: join(directory, "m.gguf"), sha256: sum, signal: AbortSignal.timeout(20_000), onProgress });

describe("downloading a model's file", () => {
  it("follows redirects, reports progress, verifies the checksum, and names the file only once it is complete", async () => {
    const seen: number[] = [];
    await get(sha256, ({ bytes, total }) => {
      expect(total).toBe(content.length);
      seen.push(bytes);
    });
    expect(content.equals(await readFile(join(directory, "m.gguf")))).toBe(true);
    expect(seen.at(-1)).toBe(content.length);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect((await readdir(directory)).sort()).toEqual(["m.gguf", "m.gguf.sha256"]);
  });

  it("resumes after a lost connection", async () => {
    cutAfter = 1024 * 1024;
    await get(sha256);
    expect(content.equals(await readFile(join(directory, "m.gguf")))).toBe(true);
    const resumed = Number(/bytes=(\d+)-/.exec(requests.at(-1)?.range ?? "")?.[1]);
    expect(resumed).toBeGreaterThan(0);
    expect(resumed).toBeLessThanOrEqual(1024 * 1024);
  });

  it("resumes a download of an earlier process", async () => {
    await writeFile(join(directory, "m.gguf.part"), content.subarray(0, 2_000_000));
    await get(sha256);
    expect(requests.at(-1)?.range).toBe("bytes=2000000-");
    expect(content.equals(await readFile(join(directory, "m.gguf")))).toBe(true);
  });

  it("discards a file with another checksum", async () => {
    await expect(get("0".repeat(64))).rejects.toMatchObject({ code: "download/checksum" });
    expect(await readdir(directory)).toEqual([]);
  });

  it("reports the size before, or the reason in one line", async () => {
    expect(await probeDownload(url, 2000)).toEqual({ bytes: content.length });
    await close();
    const refused = await probeDownload(url, 2000);
    expect(refused).toEqual({ why: expect.stringMatching(/^no network: 127\.0\.0\.1:\d+ refused the connection$/) });
    const unnamed = await probeDownload("https://no-such-host.invalid/x", 5000);
    expect(unnamed).toEqual({ why: expect.stringMatching(/no-such-host\.invalid/) });
  });
});

describe("hf:// sources", () => {
  it("are files of the hub, at a revision", () => {
    expect(downloadUrl("hf://owner/repo/a/b c.gguf@abc123")).toBe(
      "https://huggingface.co/owner/repo/resolve/abc123/a/b%20c.gguf",
    );
    expect(downloadUrl("hf://owner/repo/m.gguf")).toBe("https://huggingface.co/owner/repo/resolve/main/m.gguf");
    expect(downloadUrl("https://example.com/m.gguf")).toBe("https://example.com/m.gguf");
    expect(() => downloadUrl("hf://owner")).toThrow(/is not a file to download/);
  });

  it("have unique names in the cache", () => {
    expect(cacheName("hf://owner/repo/m.gguf")).toBe("owner--repo--m.gguf");
    expect(cacheName("hf://owner/repo/m.gguf@v2")).not.toBe(cacheName("hf://owner/repo/m.gguf"));
  });
});
