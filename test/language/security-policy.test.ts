import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const policy = readFileSync(`${root}SECURITY.md`, "utf8");
const section = policy.slice(policy.indexOf("## Threat model"), policy.indexOf("## What Keelson protects"));
const rows = section
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| party") && !line.startsWith("| ---"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

describe("the threat model in SECURITY.md", () => {
  it("names every party once", () => {
    const parties = rows.map(([, party]) => party);
    expect(parties.length).toBeGreaterThan(10);
    expect(new Set(parties).size).toBe(parties.length);
  });

  it.each(rows.map((row) => ({ party: row[1], tests: row[4] ?? "" })))(
    "names existing tests for: $party",
    ({ tests }) => {
      const files = [...tests.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, file]) => file ?? "");
      expect(files.length).toBeGreaterThan(0);
      expect(files.filter((file) => !existsSync(`${root}${file}`))).toEqual([]);
    },
  );
});
