import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatDiagnostics, readPlatform } from "../../src/platform-file/index.js";

const page = readFileSync(new URL("../../docs/platform-file.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^## (.+)$|^```yaml\n([\s\S]*?)^```$/gm)].reduce<{ title: string; text: string }[]>(
  (found, [, heading, text]) => {
    if (heading !== undefined) found.push({ title: heading, text: "" });
    else if (text !== undefined) found.push({ title: found.at(-1)?.title ?? "", text });
    return found;
  },
  [],
);

describe("docs/platform-file.md", () => {
  it.each(examples.filter(({ text }) => text !== ""))("reads its example of $title", ({ text }) => {
    const whole = /^platform:/m.test(text) ? text : `platform: example\n${text}`;
    const parsed = readPlatform({ file: "example.yaml", text: whole });
    expect(parsed.ok, formatDiagnostics(parsed.diagnostics, whole)).toBe(true);
    expect(parsed.diagnostics).toEqual([]);
  });
});
