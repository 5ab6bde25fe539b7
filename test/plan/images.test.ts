import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newestTag, registryClient, renewed, withImages } from "../../scripts/images.js";
import { IMAGE_TAGS, type ImageProduct } from "../../src/plan/image-tags.js";
import { exactImage, hasExactImage, knownLines, type ProductWithImage, readImage } from "../../src/plan/images.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const table = readFileSync(`${root}src/plan/image-tags.ts`, "utf8");
const products: readonly (readonly [string, ImageProduct])[] = Object.entries(IMAGE_TAGS);

describe("the table of images", () => {
  it.each(products)("has a full name, a source and releases only: %s", (_name, { repository, source, lines }) => {
    expect(repository).toMatch(/^[a-z0-9.-]+\.[a-z]+\/[a-z0-9-]+\/[a-z0-9-]+$/);
    expect(source).toMatch(/read \d{4}-\d\d-\d\d$/);
    for (const { tag, digest } of Object.values(lines)) {
      expect(tag).toMatch(/\d+\.\d+/);
      if (digest !== undefined) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
  });

  it.each(products)("has tags of its own pattern, so that the script renews every line: %s", (_name, product) => {
    for (const [line, { tag }] of Object.entries(product.lines)) expect(newestTag(product, line, tag, [tag])).toBe(tag);
  });

  it("is written by the script as it is formatted", () => {
    expect(withImages(table, IMAGE_TAGS)).toBe(table);
  });
});

describe("the image of a declared version", () => {
  it.each<[ProductWithImage, string | undefined, string]>([
    ["postgres", "17.5", "docker.io/library/postgres:17.5-bookworm"],
    ["redis", "7.2.4", "docker.io/library/redis:7.2.4-bookworm"],
    ["redis", "8.4.1", "docker.io/library/redis:8.4.1-trixie"],
    ["rabbitmq", "4.9.1", "docker.io/library/rabbitmq:4.9.1"],
    ["cloudnativePg", "17.6", "ghcr.io/cloudnative-pg/postgresql:17.6-standard-bookworm"],
  ])("is the tag of the release: %s %s", (product, version, expected) => {
    expect(exactImage(product, version)).toBe(expected);
    expect(hasExactImage(product, version)).toBe(true);
  });

  it("is that of the major version, where the tag has no more", () => {
    expect(exactImage("timescaledb", "17.5")).toBe(exactImage("timescaledb", "17"));
    expect(exactImage("pgvector", "16.1")).toBe(exactImage("pgvector", "16"));
  });

  it.each<[ProductWithImage, string]>([
    ["postgres", "42"],
    ["redis", "9"],
    ["redis", "9.1"],
    ["rabbitmq", "5.0"],
    ["timescaledb", "15"],
    ["timescaledb", "15.4"],
  ])("is not known for a line outside the table: %s %s", (product, version) => {
    expect(hasExactImage(product, version)).toBe(false);
  });
});

describe("the newest tag of a line", () => {
  const tags = [
    "17",
    "17-bookworm",
    "17.9-bookworm",
    "17.11-bookworm",
    "17.11-trixie",
    "170.1-bookworm",
    "17rc1-bookworm",
  ];
  it("compares numbers, and takes no tag that moves, no other line and no preview", () => {
    expect(newestTag({ pattern: "{version}-bookworm" }, "17", "17.6-bookworm", tags)).toBe("17.11-bookworm");
    expect(newestTag({ pattern: "{version}-bookworm" }, "16", "16.1-bookworm", tags)).toBeUndefined();
  });

  it("is the newest build of the newest release", () => {
    const builds = ["17.9-202609010000-standard-bookworm", "17.11-202608170816-standard-bookworm"];
    const pattern = "{version}-{build}-standard-bookworm";
    const newer = "17.11-202610050000-standard-bookworm";
    expect(newestTag({ pattern }, "17", builds[0] ?? "", [newer, ...builds])).toBe(newer);
  });
});

describe("npm run images", () => {
  let server: Server;
  let address: string;
  const digest = `sha256:${"ab".repeat(32)}`;
  const requests: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", address);
      requests.push(`${request.method} ${pathname}`);
      if (pathname === "/token") return void response.end(JSON.stringify({ token: "anonymous" }));
      if (request.headers.authorization !== "Bearer anonymous") {
        const challenge = `Bearer realm="${address}/token",service="registry",scope="repository:library/redis:pull"`;
        return void response.writeHead(401, { "www-authenticate": challenge }).end();
      }
      if (pathname.includes("/manifests/"))
        return void response.writeHead(200, { "docker-content-digest": digest }).end();
      const last = searchParams.get("last");
      const next = last === null ? { link: `<${pathname}?n=1000&last=7.2.16-bookworm>; rel="next"` } : {};
      const found = last === null ? ["7.2.16-bookworm", "7-bookworm"] : ["7.2.20-bookworm", "8.2.9-bookworm"];
      response.writeHead(200, next).end(JSON.stringify({ tags: pathname.includes("redis") ? found : [] }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it("reads every page of tags with an anonymous token, and the digests", async () => {
    const { images, unread } = await renewed(
      { redis: IMAGE_TAGS.redis },
      registryClient(() => address),
      "2027-01-02",
    );
    expect(unread).toEqual([]);
    expect(images["redis"]?.lines["7.2"]).toEqual({ tag: "7.2.20-bookworm", digest });
    expect(images["redis"]?.lines["8.2"]).toEqual({ tag: "8.2.9-bookworm", digest });
    expect(images["redis"]?.lines["7.4"]).toEqual(IMAGE_TAGS.redis.lines["7.4"]);
    expect(images["redis"]?.source).toBe("tags and digests of the registry, read 2027-01-02");
    expect(requests.filter((each) => each === "GET /v2/library/redis/tags/list").length).toBeGreaterThan(1);
    expect(withImages(table, { ...IMAGE_TAGS, ...images })).toContain('tag: "7.2.20-bookworm"');
  });

  it("offline names what it could not read, changes nothing and exits with 1", async () => {
    const offline = ["--mirror", "docker.io=http://127.0.0.1:1", "--mirror", "ghcr.io=http://127.0.0.1:1"];
    const failed = await promisify(execFile)(process.execPath, [`${root}scripts/images.js`, ...offline]).catch(
      (error: { code: number; stderr: string }) => error,
    );
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stderr).toContain("images: docker.io/library/postgres could not be read: fetch failed");
    expect(failed.stderr).toContain("no registry could be read: is this machine offline?");
    expect(readFileSync(`${root}src/plan/image-tags.ts`, "utf8")).toBe(table);
  });
});

it.each(["postgres", "cloudnativePg", "redis", "rabbitmq", "versitygw", "ollama", "vllm"] as const)(
  "the newest line of %s names one build by its digest",
  (product) => {
    expect(exactImage(product, knownLines(product).at(-1))).toMatch(/@sha256:[0-9a-f]{64}$/);
  },
);

describe("what is rendered", () => {
  const golden = `${root}test/render/golden`;
  it("names only images with a release or a digest, in every environment of every blueprint and for every target", async () => {
    const { readdirSync } = await import("node:fs");
    const found = readdirSync(golden, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.ya?ml$/.test(file))
      .flatMap((file) => [
        ...readFileSync(`${golden}/${file}`, "utf8").matchAll(/^\s*(?:- )?image(?:Name)?: "?([^"\s]+)"?$/gm),
      ])
      .map(([, reference = ""]) => reference);
    expect(found.length).toBeGreaterThan(50);
    for (const reference of new Set(found)) {
      const { tag, digest } = readImage(reference, "");
      expect(digest ?? tag, reference).toMatch(/^sha256:|^v?\d+\.\d+/);
      expect(tag, reference).not.toMatch(/^\d+\.\d+$|latest/);
    }
  });
});
