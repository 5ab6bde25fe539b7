import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MODULE_NAMES } from "../../src/modules/index.js";
import { CLOUDS } from "../../src/plan/clouds/index.js";
import { ENGINES } from "../../src/plan/engines/index.js";
import { CONTROLLERS } from "../../src/plan/entrances/index.js";
import { embeddedPostgres } from "../../src/plan/providers/embedded-postgres.js";
import { STORES } from "../../src/plan/stores/index.js";

const source = fileURLToPath(new URL("../../src/", import.meta.url));

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join(source, name), "utf8") }));

/**
 * Files outside `allowed` that compare with one of `names`: `=== "redis"`, `case "redis":`, `"redis" in`,
 * `.includes("redis")`, or a key of a table, for the names in `keys`. A role is not a name.
 */
function comparisons(names: readonly string[], allowed: readonly RegExp[], keys: readonly string[] = []): string[] {
  const name = `(?:${names.map((each) => each.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`;
  const patterns = [
    `(?<!role )[!=]== "${name}"`,
    `case "${name}":`,
    `"${name}" in `,
    `includes\\("${name}"\\)`,
    ...keys.map((key) => `^\\s*${key}: `),
  ];
  const pattern = new RegExp(patterns.join("|"), "m");
  return files
    .filter((file) => !allowed.some((path) => path.test(file.name)))
    .filter(({ text }) => pattern.test(text))
    .map((file) => file.name)
    .sort();
}

describe("a kind of store", () => {
  const kinds = Object.keys(STORES);
  /** Kinds whose names are no words of anything else: a key with such a name is a second table of kinds. */
  const unambiguous = kinds.filter((kind) => kind !== "postgres" && kind !== "bucket");

  /** What a new kind consists of: see "Add a store kind" in docs/architecture.md. */
  const partsOfAKind = [
    /^platform-file\/schema\/stores\.ts$/,
    /^plan\/model\/store\.ts$/,
    /^plan\/stores\//,
    /^render\/stores\//,
  ];

  /** The same words with another meaning: names of images, processes of this machine, and places that backups are written to. */
  const otherMeanings = [
    /^(local|postgres|recovery\/drills)\//,
    /^plan\/(image-tags|providers\/product)\.ts$/,
    /^promises\/(terms\/(backup-location|server)|subjects)\.ts$/,
    /^check\/rules\/recovery\//,
  ];

  it("is compared by name only in the files that describe it", () => {
    expect(comparisons(kinds, [...partsOfAKind, ...otherMeanings], unambiguous)).toEqual([]);
  });

  it("is never compared as `store.kind`, whatever else a file compares", () => {
    const compared = /\b(?:store|server|database|cache|broker|bucket|subject)\??\.kind [!=]== "/;
    expect(files.filter(({ text }) => compared.test(text)).map(({ name }) => name)).toEqual([]);
  });
});

describe("a cloud", () => {
  it("is compared by name only in its descriptor, and where an operator takes the address of a bucket in clear", () => {
    const named = Object.keys(CLOUDS).filter((cloud) => cloud !== "none");
    const allowed = [/^plan\/clouds\//, /^plan\/stores\//];
    expect(comparisons(named, [...allowed, /^render\/kubernetes\/stores\/cloudnative-pg\.ts$/])).toEqual([]);
  });
});

describe("an entrance controller", () => {
  it("is compared by name only in its descriptor and in the renderer of its annotations", () => {
    const named = Object.keys(CONTROLLERS).filter((controller) => controller !== "none");
    const allowed = [/^plan\/entrances\//, /^render\/kubernetes\/ingress\.ts$/];
    expect(comparisons(named, allowed)).toEqual([]);
  });
});

describe("an engine", () => {
  it("is compared by name only where it is described, chosen, started or omitted", () => {
    const allowed = [
      /^plan\/(engines\/|models\.ts$)/,
      /^platform-file\/(schema|references)\/models\.ts$/,
      /^runtime\/engine\//,
      /^local\/engines\.ts$/,
      /^render\/declarations\/units\.ts$/,
      /^cli\/design\/plan-tables\.ts$/,
      /^runtime\/gateway\//,
    ];
    expect(comparisons(Object.keys(ENGINES), allowed)).toEqual([]);
  });
});

describe("a module", () => {
  it("has one descriptor, and no second table is keyed by modules", () => {
    const tables = files
      .filter(({ name }) => !name.startsWith("modules/") && name !== "runtime/modules.ts")
      .filter(({ text }) => MODULE_NAMES.filter((name) => new RegExp(`^\\s+${name}: \\{`, "m").test(text)).length >= 3)
      .map(({ name }) => name);
    expect(tables).toEqual([]);
  });
});

describe("the embedded PostgreSQL", () => {
  it("has the major version that the package contains", () => {
    const { dependencies } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(dependencies["embedded-postgres"].split(".")[0]).toBe(embeddedPostgres.versions?.offered[0]);
  });
});
