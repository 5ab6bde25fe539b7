// Renews src/plan/image-tags.ts, the table of the images that Keelson renders: `npm run images [-- --check] [-- --mirror HOST=URL …]`.
// Reads the tag lists and digests of the registries over HTTP (OCI Distribution Specification, "Listing Tags", "Pulling manifests").
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createJiti } from "jiti";

const table = join(dirname(dirname(fileURLToPath(import.meta.url))), "src/plan/image-tags.ts");
const START = "export const IMAGE_TAGS = {\n";
const END = "} as const satisfies";
const MAX_LINE_COLUMNS = 120;
const TIMEOUT_MS = 60_000;
/** A page limit against a registry that links its pages in a circle: Docker Hub returns 1,000 tags a page. */
const MAX_PAGES = 200;

/**
 * @typedef {{ readonly tag: string; readonly digest?: string }} ExactImage
 * @typedef {{ readonly repository: string; readonly pattern: string; readonly source: string; readonly lines: Readonly<Record<string, ExactImage>> }} ImageProduct
 * @typedef {Readonly<Record<string, ImageProduct>>} ImageTable
 * @typedef {(host: string) => string} BaseOf the address of a registry's API
 * @typedef {{ readonly tags: (repository: string) => Promise<readonly string[]>; readonly digest: (repository: string, tag: string) => Promise<string> }} Registry
 */

/** What each placeholder of a pattern matches. @type {Readonly<Record<string, (line: string) => string>>} */
const PLACEHOLDERS = {
  version: (line) => `(?<number>${literally(line)}(?:\\.\\d+)*)`,
  line: literally,
  release: () => "(?<number>\\d+(?:\\.\\d+)+)",
  build: () => "(?<build>\\d{8,14})",
  debian: () => "(?:bookworm|trixie)",
};

/** @param {string} text */
function literally(text) {
  return text.replaceAll(".", "\\.");
}

/**
 * The tag of the newest release of a version line; undefined if the list has none. Tags with fewer numbers than the known one,
 * such as `17-bookworm`, move with each release and are left out.
 * @param {Pick<ImageProduct, "pattern">} product @param {string} line @param {string} known the tag in the table @param {readonly string[]} tags
 */
export function newestTag({ pattern }, line, known, tags) {
  const source = pattern
    .split(/\{(\w+)\}/)
    .map((part, index) => (index % 2 === 0 ? literally(part) : (PLACEHOLDERS[part]?.(line) ?? "")))
    .join("");
  const expression = new RegExp(`^${source}$`);
  /** @param {string} tag */
  const numbers = (tag) => {
    const groups = expression.exec(tag)?.groups;
    return groups === undefined
      ? undefined
      : [(groups["number"] ?? "").split(".").map(Number), [Number(groups["build"] ?? 0)]];
  };
  const required = numbers(known)?.[0]?.length ?? 1;
  return tags
    .flatMap((tag) => {
      const found = numbers(tag);
      return found !== undefined && (found[0]?.length ?? 0) >= required ? [{ tag, numbers: found.flat() }] : [];
    })
    .sort((left, right) => compare(left.numbers, right.numbers))
    .at(-1)?.tag;
}

/** @param {readonly number[]} left @param {readonly number[]} right */
function compare(left, right) {
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The table with the newest tags and their digests. A product whose registry cannot be read keeps its lines and is reported.
 * @param {ImageTable} images @param {Registry} registry @param {string} today
 * @returns {Promise<{ readonly images: ImageTable; readonly unread: readonly string[] }>}
 */
export async function renewed(images, registry, today) {
  /** @type {string[]} */
  const unread = [];
  const entries = await Promise.all(
    Object.entries(images).map(async ([name, product]) => {
      try {
        const tags = await registry.tags(product.repository);
        const lines = await Promise.all(
          Object.entries(product.lines).map(async ([line, image]) => {
            const tag = newestTag(product, line, image.tag, tags);
            if (tag === undefined) return [line, image];
            return [line, { tag, digest: await registry.digest(product.repository, tag) }];
          }),
        );
        const source = `tags and digests of the registry, read ${today}`;
        return [name, { ...product, source, lines: Object.fromEntries(lines) }];
      } catch (error) {
        unread.push(`${product.repository} could not be read: ${reason(error)}`);
        return [name, product];
      }
    }),
  );
  return { images: Object.fromEntries(entries), unread };
}

/** @param {unknown} error @returns {string} */
function reason(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** A client of the registries' API, anonymous. @param {BaseOf} baseOf @returns {Registry} */
export function registryClient(baseOf) {
  /** @param {string} repository */
  const split = (repository) => {
    const [host = "", ...path] = repository.split("/");
    return { base: baseOf(host), name: path.join("/") };
  };
  return {
    async tags(repository) {
      const { base, name } = split(repository);
      /** @type {string[]} */
      const tags = [];
      /** @type {string | undefined} */
      let next = `${base}/v2/${name}/tags/list?n=1000`;
      for (let page = 0; next !== undefined; page += 1) {
        if (page === MAX_PAGES) throw new Error(`more than ${MAX_PAGES} pages of tags`);
        const response = await request(next, "GET", {});
        const body = await response.json();
        if (!Array.isArray(body?.tags)) throw new Error("the answer is not a list of tags");
        tags.push(...body.tags);
        const link = /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get("link") ?? "")?.[1];
        next = link === undefined ? undefined : new URL(link, next).href;
      }
      return tags;
    },
    async digest(repository, tag) {
      const { base, name } = split(repository);
      const accept = [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
      ].join(", ");
      const response = await request(`${base}/v2/${name}/manifests/${tag}`, "HEAD", { accept });
      const digest = response.headers.get("docker-content-digest");
      if (digest === null || !/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${tag} has no digest`);
      return digest;
    },
  };
}

/**
 * A request with the anonymous token that the registry asks for (Distribution, "Token Authentication Specification").
 * @param {string} url @param {string} method @param {Record<string, string>} headers
 */
async function request(url, method, headers) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  let response = await fetch(url, { method, headers, signal });
  const challenge = response.headers.get("www-authenticate");
  if (response.status === 401 && challenge?.startsWith("Bearer ")) {
    const fields = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    const realm = new URL(fields["realm"] ?? "", url);
    for (const key of ["service", "scope"]) if (fields[key]) realm.searchParams.set(key, fields[key]);
    const { token, access_token: accessToken } = await (await fetch(realm, { signal })).json();
    response = await fetch(url, {
      method,
      headers: { ...headers, authorization: `Bearer ${token ?? accessToken}` },
      signal,
    });
  }
  if (!response.ok) throw new Error(`HTTP status ${response.status}`);
  return response;
}

/** The text of the table's file with other images. @param {string} source @param {ImageTable} images */
export function withImages(source, images) {
  const start = source.indexOf(START) + START.length;
  const end = source.indexOf(END, start);
  const text = Object.entries(images).flatMap(([name, { repository, pattern, source: read, lines }]) => [
    `  ${name}: {`,
    `    repository: ${JSON.stringify(repository)},`,
    `    pattern: ${JSON.stringify(pattern)},`,
    `    source: ${JSON.stringify(read)},`,
    "    lines: {",
    ...Object.entries(lines).flatMap(([line, image]) => lineText(line, image)),
    "    },",
    "  },",
  ]);
  return `${source.slice(0, start)}${text.map((line) => `${line}\n`).join("")}${source.slice(end)}`;
}

/** @param {string} line @param {ExactImage} image */
function lineText(line, { tag, digest }) {
  const key = /^[a-z]+$/.test(line) ? line : JSON.stringify(line);
  const fields = [
    `tag: ${JSON.stringify(tag)}`,
    ...(digest === undefined ? [] : [`digest: ${JSON.stringify(digest)}`]),
  ];
  const short = `      ${key}: { ${fields.join(", ")} },`;
  return short.length <= MAX_LINE_COLUMNS
    ? [short]
    : [`      ${key}: {`, ...fields.map((field) => `        ${field},`), "      },"];
}

async function main() {
  const { values } = parseArgs({ options: { check: { type: "boolean" }, mirror: { type: "string", multiple: true } } });
  const mirrors = new Map(
    (values.mirror ?? []).map((mirror) => [
      mirror.slice(0, mirror.indexOf("=")),
      mirror.slice(mirror.indexOf("=") + 1),
    ]),
  );
  // The API of Docker Hub has another host than the names of its images.
  const client = registryClient(
    (host) => mirrors.get(host) ?? `https://${host === "docker.io" ? "registry-1.docker.io" : host}`,
  );
  /** @type {{ IMAGE_TAGS: ImageTable }} */
  const { IMAGE_TAGS } = await createJiti(import.meta.url).import(table);
  const { images, unread } = await renewed(IMAGE_TAGS, client, new Date().toISOString().slice(0, 10));
  const before = readFileSync(table, "utf8");
  for (const [name, { repository, lines }] of Object.entries(images))
    for (const [line, { tag }] of Object.entries(lines)) {
      const known = IMAGE_TAGS[name]?.lines[line]?.tag;
      if (known !== tag) process.stdout.write(`${repository} ${line}: ${known} → ${tag}\n`);
    }
  for (const line of unread) process.stderr.write(`images: ${line}; its tags are unchanged\n`);
  if (unread.length === Object.keys(images).length)
    process.stderr.write(
      "images: no registry could be read: is this machine offline? `--mirror docker.io=URL` reads a mirror\n",
    );
  const after = withImages(before, images);
  if (after !== before && !values.check) writeFileSync(table, after);
  process.exitCode = unread.length > 0 || (values.check === true && after !== before) ? 1 : 0;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
