import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeelsonError } from "../../src/errors/keelson-error.js";
import { multiLine, safeJson, singleLine, UNSAFE } from "../../src/errors/terminal-text.js";
import { formatDiagnostic } from "../../src/platform-file/diagnostic.js";
import { readPlatform } from "../../src/platform-file/index.js";

const unsafe = (text: string): readonly string[] => text.match(UNSAFE) ?? [];
const text = fc.string({ unit: "binary" });

describe("text from outside on a terminal", () => {
  it.each([
    ["a window title", "\u001b]0;PWNED\u0007", "\\e]0;PWNED\\x07"],
    ["a write to the clipboard", "\u001b]52;c;cm0=\u0007", "\\e]52;c;cm0=\\x07"],
    ["an 8-bit control sequence", "\u009b2J", "\\x9b2J"],
    ["a reversed file name", "photo\u202egnp.exe", "photo\\u202egnp.exe"],
    ["an invisible tag", "a\u{e0041}b", "a\\u{e0041}b"],
    ["a workflow command of GitHub Actions", "x\n::error file=a.ts::no", "x\\n::error file=a.ts::no"],
    ["a carriage return", "safe\rEVIL", "safe\\rEVIL"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
  ])("%s is shown as an escape", (_what, given, shown) => {
    expect(singleLine(given)).toBe(shown);
  });

  it("keeps letters of every script, emoji sequences and directional marks", () => {
    const ordinary = "Grüße, 日本語, שלום\u200f, 👩‍👩‍👧, e\u0301";
    expect(singleLine(ordinary)).toBe(ordinary);
    expect(multiLine(ordinary)).toBe(ordinary);
  });

  it("keeps line breaks and tabs of a longer text", () => {
    expect(multiLine("a\n\tb\r\nc\u001b[2J")).toBe("a\n\tb\nc\\e[2J");
  });

  it("never contains an unsafe character, and is unchanged by a second pass", () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(unsafe(singleLine(given))).toEqual([]);
        expect(singleLine(singleLine(given))).toBe(singleLine(given));
        expect(unsafe(multiLine(given)).filter((character) => !"\n\t".includes(character))).toEqual([]);
      }),
    );
  });

  it("is the same value in JSON, written without an unsafe character", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
        const written = safeJson(value);
        expect(unsafe(written)).toEqual([]);
        expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(JSON.parse(safeJson(value, 2))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("errors that quote foreign text", () => {
  const evil = "g\u001b[31mEVIL\n::error::PWNED\u202e";

  it("stay on their lines, without a control sequence", () => {
    const report = new KeelsonError("usage", evil, { hint: evil, details: [evil] }).report();
    expect(report.split("\n")).toHaveLength(3);
    expect(unsafe(report).filter((character) => character !== "\n")).toEqual([]);
  });

  it("do so in findings about any text of a platform file", () => {
    const json = JSON.stringify(evil);
    for (const file of [`platform: ${json}\nservices: {}`, `${json}: 1`, `platform: a\nmodels: { ${json}: {} }`]) {
      const parsed = readPlatform({ file: `${evil}.yaml`, text: file });
      const diagnostics = parsed.ok ? [] : parsed.diagnostics;
      expect(diagnostics.length).toBeGreaterThan(0);
      for (const diagnostic of diagnostics) {
        const lines = formatDiagnostic(diagnostic, file).split("\n");
        expect(lines.flatMap(unsafe)).toEqual([]);
        expect(lines.filter((line) => line.trimStart().startsWith("::"))).toEqual([]);
      }
    }
  });
});
