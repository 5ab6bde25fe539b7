import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync, Visitor } from "rolldown/utils";
import { describe, expect, it } from "vitest";

const source = fileURLToPath(new URL("../../src/", import.meta.url));

/** The only files that may decide which errors of a read mean absence. */
const DECIDE = ["disk/read.ts", "disk/proc.ts"];

const READS = new Set([
  ...["access", "lstat", "opendir", "readdir", "readFile", "readlink", "stat"],
  ...["accessSync", "lstatSync", "opendirSync", "readdirSync", "readFileSync", "readlinkSync", "statSync"],
]);

/** Lines at which a read's error of any kind is taken for absence: it is caught and not looked at. */
function swallowedReads(name: string, text: string): string[] {
  const found: string[] = [];
  const report = (at: number) => found.push(`${name}:${text.slice(0, at).split("\n").length}`);
  const reads: number[] = [];
  const suspects: { readonly from: number; readonly to: number; readonly at: number }[] = [];
  new Visitor({
    CallExpression({ callee, start, arguments: given }) {
      if (callee.type === "Identifier" && callee.name === "existsSync") report(start);
      if (callee.type === "Identifier" && READS.has(callee.name)) reads.push(start);
      if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return;
      const handler =
        callee.property.name === "catch" ? given[0] : callee.property.name === "then" ? given[1] : undefined;
      if (handler?.type === "ArrowFunctionExpression" && handler.params.length === 0)
        suspects.push({ from: callee.object.start, to: callee.object.end, at: callee.object.start });
    },
    TryStatement({ block, handler }) {
      if (handler && handler.param === null) suspects.push({ from: block.start, to: block.end, at: block.start });
    },
  }).visit(parseSync(name, text).program);
  for (const { from, to, at } of suspects) if (reads.some((read) => read >= from && read < to)) report(at);
  return found;
}

describe("a read that fails", () => {
  it("is never treated as absence outside src/disk/read.ts (use readIfPresent or a sibling)", () => {
    const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const found = files
      .filter((name) => !DECIDE.includes(name))
      .flatMap((name) => swallowedReads(name, readFileSync(join(source, name), "utf8")));
    expect(found).toEqual([]);
  });

  it.each([
    ['const text = await readFile(path, "utf8").catch(() => undefined);'],
    ["return stat(path).then(() => true, () => false);"],
    ["try { return await readdir(path); } catch { return []; }"],
    ["if (existsSync(path)) start();"],
  ])("is recognised in `%s`", (code) => {
    expect(swallowedReads("example.ts", `async function example(path: string) { ${code} }`)).toEqual(["example.ts:1"]);
  });

  it.each([
    ["try { return await readdir(path); } catch (error) { throw describe(error); }"],
    ["await rm(path).catch(() => undefined);"],
    ["return (await readIfPresent(path)) ?? '';"],
  ])("is not suspected in `%s`", (code) => {
    expect(swallowedReads("example.ts", `async function example(path: string) { ${code} }`)).toEqual([]);
  });
});
