import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { BANNED_WORDS, EXCEPTIONS } from "./banned-words.js";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Sources, tests and pages; not generated or golden files, and not the list itself. */
const files = execFileSync("git", ["ls-files", "src", "dashboard", "test", "bench", "scripts", "docs", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(tsx?|js|md)$/.test(file) && !/\/golden\/|^test\/language\/|^CHANGELOG/.test(file));

describe("the language of the project", () => {
  it("uses the field's terms and none of the banned words", () => {
    expect(files.length).toBeGreaterThan(500);
    expect(files.flatMap((file) => bannedIn(file, readFileSync(`${root}${file}`, "utf8")))).toEqual([]);
  });

  it("states units and bounds of constants in the field's form", () => {
    const constants = files
      .filter((file) => /^(src|dashboard|bench)\//.test(file))
      .flatMap((file) => lowerCaseConstants(file, readFileSync(`${root}${file}`, "utf8")));
    expect(constants).toEqual([]);
  });

  it("is checked inside identifiers as well", () => {
    expect(bannedIn("x.ts", "const strikeSchema = 1;\nconst toldSchema = 2; // fine\n")).toEqual([
      expect.stringMatching(/^x\.ts:2: "told"/),
      expect.stringMatching(/^x\.ts:1: "strike"/),
    ]);
    expect(bannedIn("x.ts", "const thresholdToleration = 1; // stroke, untold, doorway")).toEqual([]);
  });
});

/** Every banned word with its line and the term to use instead. */
function bannedIn(file: string, text: string): string[] {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replaceAll("_", " ");
  const lines = words.split("\n");
  return BANNED_WORDS.flatMap(([pattern, instead]) => {
    const whole = new RegExp(`\\b(?:${pattern.source})\\b`, "gi");
    return lines.flatMap((line, at) =>
      [...line.matchAll(whole)]
        .filter(([word]) => !EXCEPTIONS.some(([exempt, data]) => exempt === file && data.test(word)))
        .map(([word]) => `${file}:${at + 1}: "${word}": ${instead}`),
    );
  });
}

/** Top-level numeric constants that are not in UPPER_SNAKE_CASE, and bounds that are not called MAX_ or MIN_. */
function lowerCaseConstants(file: string, text: string): string[] {
  return text.split("\n").flatMap((line, at) => {
    const [, name = ""] =
      /^(?:export )?const (\w+)(?:: \w+)? = [\d_.]+(?: ?[*/+-] ?[\d_.]+| ?\*\* ?\d+)*;/.exec(line) ?? [];
    const lowerCase = name !== "" && !/^(?:[A-Z][A-Z\d_]*|[KMGT]iB)$/.test(name);
    const bound = /\bconst ((?:most|longest|deepest|least|largest|smallest)[A-Z]\w*)/.exec(line)?.[1];
    return lowerCase || bound !== undefined ? [`${file}:${at + 1}: ${bound ?? name}`] : [];
  });
}
