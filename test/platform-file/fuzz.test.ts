import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makePlan } from "../../src/plan/index.js";
import { formatDiagnostics, readDefinition, readPlatform } from "../../src/platform-file/index.js";
import { runs } from "../support/property-runs.js";

const blueprints = ["starter", "aiaas"].map((name) =>
  readFileSync(new URL(`../../blueprints/${name}/platform.yaml`, import.meta.url), "utf8"),
);

/** Reads, plans every environment and prints every diagnostic: nothing of it may throw, and a refusal has a reason. */
function survives(text: string): void {
  const parsed = readPlatform({ file: "fuzz.yaml", text });
  formatDiagnostics(parsed.diagnostics, text);
  for (const { origin, code, message } of parsed.diagnostics) {
    expect(code).toMatch(/^(spec|yaml|file)\/[a-z-]+$/);
    expect(message).not.toBe("");
    expect(origin.line).toBeGreaterThan(0);
  }
  if (!parsed.ok) {
    expect(parsed.diagnostics.filter(({ severity }) => severity === "error")).not.toEqual([]);
    return;
  }
  for (const environment of parsed.platform.environments.keys()) {
    const planned = makePlan(parsed.platform, environment);
    expect(planned.ok).toBe(true);
    if (planned.ok) expect(JSON.parse(JSON.stringify(planned.plan))).toEqual(planned.plan);
  }
}

describe("reading does not throw", () => {
  it("on any text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(..."{}[]:,&*<>|-?!%@#'\"\n\t ab1~".split("")), maxLength: 300 }),
    );
    fc.assert(fc.property(text, survives), { numRuns: runs(300), interruptAfterTimeLimit: 15_000 });
  });

  it("on a blueprint with pieces removed, inserted, duplicated and swapped", () => {
    const pieces = fc.constantFrom(
      "null",
      "[]",
      "{}",
      "&a ",
      "*a",
      "<<: ",
      ": ",
      "\n",
      "\t",
      "'",
      '"',
      "- ",
      "9e99",
      "-1",
      "..",
      "%",
      "keep",
      "__proto__",
      "constructor",
    );
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(40),
      put: fc.oneof(pieces, fc.string({ maxLength: 8 })),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...blueprints),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (blueprint, mutations) => {
          let text = blueprint;
          for (const { at, cut, put } of mutations) {
            const from = Math.floor(at * text.length);
            text = text.slice(0, from) + put + text.slice(from + cut);
          }
          survives(text);
        },
      ),
      { numRuns: runs(300), interruptAfterTimeLimit: 15_000 },
    );
  });

  it("on a blueprint with words replaced by other words of it", () => {
    fc.assert(
      fc.property(fc.constantFrom(...blueprints), fc.nat(), fc.nat(), (blueprint, from, to) => {
        const words = [...blueprint.matchAll(/[\w.%-]+/g)];
        const a = words[from % words.length];
        const b = words[to % words.length];
        if (a && b) survives(blueprint.slice(0, a.index) + b[0] + blueprint.slice(a.index + a[0].length));
      }),
      { numRuns: runs(300), interruptAfterTimeLimit: 15_000 },
    );
  });

  it("on any value that code can define", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true }), (value) => {
        const parsed = readDefinition({ file: "platform.ts", value });
        formatDiagnostics(parsed.diagnostics);
        expect(parsed.ok || parsed.diagnostics.length > 0).toBe(true);
      }),
    );
  });

  it("on a value that contains itself", () => {
    const value: Record<string, unknown> = { platform: "shop" };
    value["services"] = value;
    expect(readDefinition({ file: "platform.ts", value })).toMatchObject({ ok: false });
  });
});
