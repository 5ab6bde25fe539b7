import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ScopedEdit } from "../../src/platform-file/diagnostic.js";
import { applyEdits } from "../../src/platform-file/edit/apply.js";
import { runs } from "../support/property-runs.js";

const text = `# The shop.
platform: shop   # its name

services:
  web:
    image: "shop/web:1.2"   # pinned
    replicas: 2
    # who it calls
    calls:
      - db
      - cache
  worker: { image: shop/worker:3, replicas: 1 }

stores:
  db: { postgres: 17, backups: { full: daily keep 7d } }
  cache: { redis: 7 }
environments:
  local:
  production:
    stores:
      db: { size: 20Gi }
    objectives: { rto: 4h }
`;

/** Lines of the edited text that are not lines of the old one, and the other way round. */
function difference(after: string): string[] {
  const before = text.split("\n");
  const now = after.split("\n");
  return [
    ...before.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !before.includes(line)).map((line) => `+${line}`),
  ];
}

const edit = (path: string, value: unknown, environment?: string) =>
  difference(applyEdits(text, [{ path, value, environment }]));

describe("an edit", () => {
  it("refuses a file with a duplicate key, because either may be the intended one", () => {
    const twice = 'platform: shop\nservices:\n  web: { image: "a:1" }\n  web: { image: "b:1" }\n';
    expect(() => applyEdits(twice, [{ path: "services.web.replicas", value: 2 }])).toThrow(
      "`web` is a duplicate key, first on line 3",
    );
  });

  it("changes one value and retains its comment", () =>
    expect(edit("services.web.image", "shop/web:1.3")).toEqual([
      '-    image: "shop/web:1.2"   # pinned',
      "+    image: shop/web:1.3   # pinned",
    ]));

  it("adds a key at the end of its mapping", () =>
    expect(edit("services.web.disruption.minAvailable", 1)).toEqual(["+    disruption: { minAvailable: 1 }"]));

  it("adds a key to a flow mapping", () =>
    expect(edit("stores.db.backups.log", "1m keep 7d")).toEqual([
      "-  db: { postgres: 17, backups: { full: daily keep 7d } }",
      "+  db: { postgres: 17, backups: { full: daily keep 7d, log: 1m keep 7d } }",
    ]));

  it("adds a mapping at the top level", () =>
    expect(edit("security", { pods: "restricted" })).toEqual(["+security: { pods: restricted }"]));

  it("removes a key of a block mapping and of a flow mapping", () => {
    expect(edit("services.web.replicas", undefined)).toEqual(["-    replicas: 2"]);
    expect(edit("services.worker.replicas", undefined)).toEqual([
      "-  worker: { image: shop/worker:3, replicas: 1 }",
      "+  worker: { image: shop/worker:3 }",
    ]);
  });

  it("replaces a list by a list", () =>
    expect(edit("services.web.calls", ["db"])).toEqual([
      "-    calls:",
      "-      - db",
      "-      - cache",
      "+    calls: [ db ]",
    ]));

  it("changes and removes one item of a list", () => {
    expect(edit("services.web.calls[1]", "queue")).toEqual(["-      - cache", "+      - queue"]);
    expect(edit("services.web.calls[0]", undefined)).toEqual(["-      - db"]);
  });

  it("quotes text that YAML would read as another type", () => {
    expect(edit("image", "a, b")).toEqual(['+image: "a, b"']);
    expect(edit("cluster.kubernetes", "1.30")).toEqual(['+cluster: { kubernetes: "1.30" }']);
  });

  it("with an environment goes to the nearest existing parent, in the base or in the overrides", () => {
    expect(edit("objectives.rto", "8h", "production")).toEqual([
      "-    objectives: { rto: 4h }",
      "+    objectives: { rto: 8h }",
    ]);
    expect(edit("stores.db.size", "40Gi", "production")).toEqual([
      "-      db: { size: 20Gi }",
      "+      db: { size: 40Gi }",
    ]);
    expect(edit("stores.db.backups.log", "1m", "production")).toEqual([
      "-  db: { postgres: 17, backups: { full: daily keep 7d } }",
      "+  db: { postgres: 17, backups: { full: daily keep 7d, log: 1m } }",
    ]);
    expect(edit("stores.cache.persistence", true, "local")).toEqual([
      "-  cache: { redis: 7 }",
      "+  cache: { redis: 7, persistence: true }",
    ]);
  });

  it("adds to the list of an environment, which replaces a longer one of the base", () => {
    const lists =
      "platform: shop\nservices:\n  web:\n    calls: [a, b, c]\nenvironments:\n  local:\n    services:\n      web:\n        calls: [a]\n";
    expect(applyEdits(lists, [{ path: "services.web.calls[1]", value: "b", environment: "local" }])).toBe(
      lists.replace("calls: [a]\n", "calls: [a, b]\n"),
    );
  });

  it("renames a key in the overrides of the environment and retains its value", () => {
    const misspelled =
      "platform: shop\nstores:\n  db: { postgres: 17 }\nenvironments:\n  local:\n    stores:\n      bd: { size: 1Gi } # small\n";
    expect(applyEdits(misspelled, [{ path: "stores.bd", value: undefined, rename: "db", environment: "local" }])).toBe(
      misspelled.replace("bd:", "db:"),
    );
    expect(applyEdits(text, [{ path: "services.web", value: undefined, rename: "a.b" }])).toBe(
      text.replace("  web:", "  a.b:"),
    );
  });

  it("refuses to rename a key to an existing sibling, or below a shared anchor", () => {
    const rename = (source: string) => () =>
      applyEdits(source, [{ path: "services.web.image", value: undefined, rename: "port" }]);
    expect(rename('services:\n  web: { image: "x:1", port: 80 }\n')).toThrow("automatically");
    expect(rename('x-a: &a { image: "x:1" }\nservices:\n  web: *a\n  other: *a\n')).toThrow("automatically");
  });

  it("that removes an absent key changes nothing", () => expect(edit("services.web.scale", undefined)).toEqual([]));

  it("of an alias merges over its anchor", () => {
    const aliased = 'platform: shop\nx-a: &a { image: "x:1" }\nservices:\n  web: *a\n  other: *a\n';
    expect(applyEdits(aliased, [{ path: "services.web.replicas", value: 2 }])).toContain(
      "  web: { <<: *a, replicas: 2 }\n  other: *a",
    );
  });

  it("of a text that is not YAML is refused", () =>
    expect(() => applyEdits("a: [", [{ path: "a", value: 1 }])).toThrow(/cannot be read/));

  it("together with others means the same as one after the other, wherever each of them is possible", () => {
    const element = fc.constantFrom(
      "services.web",
      "services.api",
      "services.new",
      "stores.orders",
      "stores.cache",
      "zones",
    );
    const scope = fc.constantFrom(undefined, "production", "local");
    const key = fc.constantFrom(
      "",
      ".replicas",
      ".image",
      ".objectives.rto",
      ".objectives.rpo.node-loss",
      ".spread.nodes",
    );
    const one = fc.record({ element, key, scope, value: fc.constantFrom(2, "3m", "none", undefined, { a: 1 }) });
    const base = [
      "platform: shop",
      "services:",
      '  web: { image: "a:1" }',
      "  api:",
      '    image: "b:1" # pinned',
      "    replicas: 2",
      "stores:",
      "  orders: { postgres: 17 }",
      "environments:",
      "  production: { services: { web: { replicas: 3 } } }",
      "  local:",
      "    stores:",
      "      orders: { size: 1Gi }",
      "",
    ].join("\n");
    const oneAfterTheOther = (edits: readonly ScopedEdit[]): unknown => {
      try {
        return parse(edits.reduce((text, edit) => applyEdits(text, [edit]), base));
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(fc.array(one, { maxLength: 8 }), (all) => {
        const edits = all.map(({ element, key, scope, value }) => ({ path: element + key, environment: scope, value }));
        const expected = oneAfterTheOther(edits);
        fc.pre(expected !== undefined);
        expect(parse(applyEdits(base, edits))).toEqual(expected);
      }),
      { numRuns: runs(500) },
    );
  });

  it("changes only its value, on any blueprint", () => {
    const blueprints = ["starter", "aiaas"].map((name) =>
      readFileSync(new URL(`../../blueprints/${name}/platform.yaml`, import.meta.url), "utf8"),
    );
    const paths = (value: unknown, above: string): string[] =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => [`${above}${key}`, ...paths(inner, `${above}${key}.`)])
        : [];
    const options = { merge: true };
    fc.assert(
      fc.property(
        fc.constantFrom(...blueprints),
        fc.nat(),
        fc.oneof(fc.constantFrom("new", 5, true, ["a"], { a: 1 }, "a: b", "# no", "- x"), fc.string({ maxLength: 12 })),
        (blueprint, at, value) => {
          const all = paths(parse(blueprint, options), "").filter((path) => !/<<|&|\*/.test(path));
          const path = all[at % all.length] ?? "platform";
          let after: string;
          try {
            after = applyEdits(blueprint, [{ path, value }]);
          } catch (error) {
            // An edit that cannot be applied is refused as a whole.
            expect(String(error)).toContain("automatically");
            return;
          }
          const read: unknown = path
            .split(".")
            .reduce<unknown>(
              (object, key) => (typeof object === "object" && object !== null ? Object(object)[key] : undefined),
              parse(after, options),
            );
          expect(read).toEqual(value);
          const comments = (source: string) => [...source.matchAll(/^\s*#.*$/gm)].map(([line]) => line.trim());
          const kept = comments(after);
          // Comments outside what was replaced stay; a replaced block takes its own with it.
          expect(comments(blueprint).filter((line) => kept.includes(line)).length).toBeGreaterThanOrEqual(
            kept.length > 0 ? 1 : 0,
          );
        },
      ),
      { numRuns: runs(300), interruptAfterTimeLimit: 15_000 },
    );
  });
});
