import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const folder = fileURLToPath(new URL("../../src/cli/", import.meta.url));

describe("the command line's output", () => {
  it("is written by src/cli/terminal/output.ts alone, which escapes text from outside", () => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(50);
    const writers = files.filter((file) =>
      /process\.std(?:out|err)\.write\(|console\.\w+\(/.test(readFileSync(`${folder}${file}`, "utf8")),
    );
    expect(writers).toEqual(["terminal/output.ts"]);
  });
});
