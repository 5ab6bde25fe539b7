import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideChanges } from "../../src/render/changes.js";
import { ownershipOf, withMarker } from "../../src/render/generated-marker.js";
import type { RenderedFile } from "../../src/render/target.js";
import { unifiedDiff } from "../../src/render/unified-diff.js";

const lines = fc.array(fc.constantFrom("a: 1", "b: 2", "c: 3", "d:", "  e: 5", ""), { maxLength: 25 });
const text = lines.map((all) => all.map((line) => `${line}\n`).join(""));
const file: fc.Arbitrary<RenderedFile> = fc.oneof(
  fc.record({ path: fc.constant("file.yaml"), text, comment: fc.constant("#" as const) }),
  fc.record({
    path: fc.constant("file.json"),
    text: fc
      .dictionary(fc.string(), fc.string(), { minKeys: 1 })
      .map((data) => `${JSON.stringify(data, undefined, 2)}\n`),
    comment: fc.constant("json" as const),
  }),
);

describe("the marker of a generated file", () => {
  it("detects a change of a single character", () => {
    fc.assert(
      fc.property(file, fc.nat(), (written, at) => {
        const sealed = withMarker(written);
        expect(ownershipOf(sealed)).toBe("own");
        const position = at % sealed.length;
        const changed = `${sealed.slice(0, position)}~${sealed.slice(position + 1)}`;
        if (changed !== sealed) expect(ownershipOf(changed)).not.toBe("own");
        expect(ownershipOf(written.text)).toBe("foreign");
      }),
    );
  });

  it("keeps JSON valid", () => {
    const sealed = withMarker({ path: "plan.json", text: '{\n  "a": 1\n}\n', comment: "json" });
    expect(JSON.parse(sealed)).toMatchObject({ a: 1, $generated: expect.stringContaining("Keelson") });
  });
});

describe("writing into a folder", () => {
  const rendered: RenderedFile = { path: "gateway/service.yaml", text: "new: true\n", comment: "#" };
  const before: RenderedFile = { ...rendered, text: "old: true\n" };
  const found = (content: string, path = rendered.path) => new Map([[path, content]]);
  const one = (content: string, force = false) => decideChanges([rendered], found(content), force)[0];

  it("creates missing files and keeps unchanged ones", () => {
    expect(decideChanges([rendered], new Map(), false)).toMatchObject([{ kind: "create", path: rendered.path }]);
    expect(one(withMarker(rendered))).toEqual({ kind: "keep", path: rendered.path });
  });

  it("replaces a generated file that was not edited", () => {
    expect(one(withMarker(before))).toMatchObject({ kind: "replace", after: withMarker(rendered) });
  });

  it("refuses to overwrite a file that was edited or has no marker, unless forced", () => {
    expect(one(withMarker(before).replace("old", "mine"))).toMatchObject({ kind: "refuse", why: /changed/ });
    expect(one("written: by hand\n")).toMatchObject({ kind: "refuse", why: /did not write/ });
    expect(one("written: by hand\n", true)).toMatchObject({ kind: "replace" });
  });

  it("removes a generated file that is no longer rendered, but neither an edited file nor one without a marker", () => {
    const gone = (content: string) => decideChanges([], found(content), false);
    expect(gone(withMarker(before))).toMatchObject([{ kind: "remove" }]);
    expect(gone(withMarker(before).replace("old", "mine"))).toMatchObject([{ kind: "refuse" }]);
    expect(gone("written: by hand\n")).toEqual([]);
  });
});

describe("the difference that --diff shows", () => {
  it("transforms one text into the other, for any two texts", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(patch(before, unifiedDiff("file", before, after))).toBe(after);
      }),
    );
  });

  it("is the shortest possible, with three lines of context", () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join("");
    expect(unifiedDiff("a/b.yaml", before, before.replace("line 10\n", "line ten\n"))).toBe(
      [
        "--- a/a/b.yaml",
        "+++ b/a/b.yaml",
        "@@ -8,7 +8,7 @@",
        " line 7",
        " line 8",
        " line 9",
        "-line 10",
        "+line ten",
        " line 11",
        " line 12",
        " line 13",
        "",
      ].join("\n"),
    );
  });

  it("transforms one text into the other also if it is too long to be the shortest", () => {
    const before = Array.from({ length: 6000 }, (_, index) => `old ${index}\n`).join("");
    const after = Array.from({ length: 6000 }, (_, index) =>
      index % 100 === 0 ? `old ${index}\n` : `new ${index}\n`,
    ).join("");
    const difference = unifiedDiff("file", before, after);
    expect(patch(before, difference)).toBe(after);
    expect(difference.split("\n").length).toBeLessThan(12_100);
  });

  it("needs memory and time linear in the changed lines, not quadratic", () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `line ${index}\n`);
    const text = lines.join("");
    const started = process.cpuUsage();
    const memory = process.memoryUsage().arrayBuffers;
    expect(unifiedDiff("file", undefined, text).split("\n")).toHaveLength(lines.length + 4);
    expect(unifiedDiff("file", text, undefined).split("\n")).toHaveLength(lines.length + 4);
    expect(unifiedDiff("file", text, text.replaceAll("line", "row")).split("\n")).toHaveLength(2 * lines.length + 4);
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(64 * 1024 * 1024);
    // CPU time: a busy machine delays the test, not the difference.
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(10);
  });

  it("compares a new and a removed file with /dev/null", () => {
    expect(unifiedDiff("f", undefined, "a\n")).toBe("--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
    expect(unifiedDiff("f", "a\n", undefined)).toBe("--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
  });
});

/** Applies a unified difference as `patch` would, from its numbers and signs alone. */
function patch(before: string, difference: string): string {
  const source = before === "" ? [] : before.replace(/\n$/, "").split("\n");
  const result: string[] = [];
  let at = 0;
  for (const line of difference.split("\n").slice(2, -1)) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line);
    if (hunk) {
      const start = Number(hunk[1]) - (hunk[2] === "0" ? 0 : 1);
      result.push(...source.slice(at, start));
      at = start;
    } else if (line.startsWith("+")) result.push(line.slice(1));
    else {
      expect(line.slice(1)).toBe(source[at]);
      if (line.startsWith(" ")) result.push(line.slice(1));
      at += 1;
    }
  }
  result.push(...source.slice(at));
  return result.map((line) => `${line}\n`).join("");
}
