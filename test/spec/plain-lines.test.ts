import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPlainLines } from "../../src/spec/plain-lines.js";
import { SourceMap, type Tree } from "../../src/spec/tree.js";
import { parseYaml } from "../../src/spec/yaml.js";

/** A tree as plain data. Where a block of lines ends is nobody's business: only its beginning is compared. */
function data(tree: Tree, text: string): unknown {
  const { from, to, environment } = tree.place;
  const block = tree.kind === "mapping" && text[from] !== "{";
  const place = block ? { from, environment } : { from, to, environment };
  if (tree.kind === "scalar") return { ...place, value: tree.value };
  if (tree.kind === "sequence") return { ...place, items: tree.items.map((item) => data(item, text)) };
  return { ...place, entries: [...tree.entries].map(([name, { key, value }]) => [name, key, data(value, text)]) };
}

/** What is read by lines is read by the parser without complaint, and comes to the same. Whether it was read by lines. */
function agree(text: string): boolean {
  const tree = readPlainLines(text);
  if (!tree) return false;
  const parsed = parseYaml(new SourceMap("platform.yaml", text), text);
  if (!parsed.ok || parsed.duplicates) throw new Error(`the parser refuses what was read by lines:\n${text}`);
  expect(data(tree, text)).toEqual(data(parsed.tree, text));
  return true;
}

const generated = `platform: shop   # its name
image: registry.example.com:5000/shop/app:1.0.0

services:
  # The door.
  web:
    modules: [gateway, accounts]
    replicas: 2..4
    env: { LEVEL: "5", NAME: 'a b', EMPTY: "", FLAG: true, RATIO: 0.5, VERSION: 1.30 }
    calls: [ orders, {to: cache, port: 6379}, https://api.example.com ]
    scale: {}
    secrets: []
  worker:
    image: x
stores:
  orders: { postgres: 17, backups: { full: daily keep 7d, log: 5m keep 7d } }
nodes:
environments:
  local:
  production: { stores: { orders: { size: 20Gi } } }
  staging:
    stores:
      orders:
        size: 10Gi
# The end.`;

describe("a file of plain lines", () => {
  it("is read as the parser reads it, with the same places", () => expect(agree(generated)).toBe(true));

  it.each([
    ["an anchor", "a: &x 1\nb: *x\n"],
    ["a list of lines", "a:\n  - b\n"],
    ["text over several lines", "a: b\n  c\n"],
    ["a block of text", "a: |\n  b\n"],
    ["an escape", 'a: "b\\n"\n'],
    ["a quote inside quotes", "a: 'b''c'\n"],
    ["a list over several lines", "a: [b,\n  c]\n"],
    ["a key twice", "a: 1\na: 2\n"],
    ["two documents", "a: 1\n---\nb: 2\n"],
    ["a tab", "a:\tb\n"],
    ["a carriage return", "a: b\r\n"],
    ["lines that belong to nothing", "a: b\n    c: d\n"],
    ["an indent between two others", "a:\n    b: c\n  d: e\n"],
    ["a colon too many", "a: b: c\n"],
    ["an open bracket", "a: [b\n"],
    ["a key in quotes", '"a": b\n'],
    ["a tag", "a: !!str b\n"],
    ["a merge", "a: { <<: b }\n"],
    ["letters beyond ASCII", "a: é\n"],
    ["brackets in brackets in brackets", `a: ${"[".repeat(20)}${"]".repeat(20)}\n`],
    ["more brackets than a stack has frames", `a: ${"[".repeat(100_000)}`],
    ["more indents than a stack has frames", Array.from({ length: 2000 }, (_, at) => `${" ".repeat(at)}a:\n`).join("")],
    ["nothing", "\n# nothing\n"],
  ])("is not what holds %s: that is left to the parser", (_what, text) => expect(readPlainLines(text)).toBeUndefined());

  it("is read as the parser reads it, whatever a character is changed to", () => {
    const texts = ["starter", "aiaas"].map((name) =>
      readFileSync(new URL(`../../blueprints/${name}/platform.yaml`, import.meta.url), "utf8"),
    );
    const pieces = fc.constantFrom(
      ..."abz059:,.-#[]{}&*!|>'\"%@`?~ \n\t\\/_=+é",
      "  ",
      ": ",
      "\n  ",
      " #",
      "- ",
      "<<: ",
    );
    let read = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(generated, ...texts),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), pieces), { maxLength: 3 }),
        (text, changes) => {
          const changed = changes.reduce((before, [at, removed, piece]) => {
            const place = at % before.length;
            return before.slice(0, place) + piece + before.slice(place + removed);
          }, text);
          if (agree(changed)) read += 1;
        },
      ),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it("is read as the parser reads it, however it is put together", () => {
    const pieces = fc.constantFrom(
      ..."ab5.-:,[]{}#'\"",
      ..."\n\n\n    ",
      ...[
        "a:",
        "b: ",
        "c: d",
        "e:\n  f: g",
        "\n  ",
        "[a, b]",
        "{ a: b }",
        " # c",
        '"a"',
        "'b'",
        "1.30",
        "~",
        "a b",
        "a:b",
      ],
    );
    let read = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        if (agree(parts.join(""))) read += 1;
      }),
      { numRuns: 20_000 },
    );
    expect(read).toBeGreaterThan(100);
  });
});
