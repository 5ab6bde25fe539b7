import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { errorReference } from "../../scripts/error-reference.js";
import { rules } from "../../src/check/rules/index.js";
import { PROBLEMS } from "../../src/contracts/gateway-problems.js";
import { ERROR_AREAS } from "../../src/errors/catalogue.js";
import type { ErrorEntry } from "../../src/errors/entry.js";
import { KERNEL_ERRORS } from "../../src/runtime/kernel/error-body.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const codes: readonly string[] = Object.values(ERROR_AREAS).flatMap((area) => Object.keys(area));

/** The text of every source file outside the catalogue. */
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.startsWith("errors/codes/"))
  .map((name) => readFileSync(join(root, "src", name), "utf8"))
  .join("\n");

describe("the catalogue of error codes", () => {
  it("equals docs/errors.md (otherwise run `npm run docs:errors`)", () => {
    expect(readFileSync(join(root, "docs/errors.md"), "utf8")).toBe(
      errorReference(ERROR_AREAS, PROBLEMS, KERNEL_ERRORS, rules),
    );
  });

  it("lists each code once", () => {
    expect([...codes].sort()).toEqual([...new Set(codes)].sort());
  });

  it("lists no code that the product does not use", () => {
    expect(codes.filter((code) => !sources.includes(`"${code}"`))).toEqual([]);
  });

  it("has no code in common with the rules, so that a code identifies one thing", () => {
    expect(rules.map(({ code }) => code).filter((code) => codes.includes(code))).toEqual([]);
  });

  it("has one HTTP status for each code of the admin API, of the class that describes who can resolve it", () => {
    for (const [code, { status }] of Object.entries<ErrorEntry>(ERROR_AREAS["Admin API"])) {
      const away = /^(control|dashboard|modules)\//.test(code);
      expect([code, status]).toEqual([
        code,
        expect.toSatisfy((given) => given >= (away ? 500 : 400) && given < (away ? 600 : 500)),
      ]);
    }
  });

  it("describes each code in one sentence", () => {
    for (const area of Object.values(ERROR_AREAS))
      for (const { summary } of Object.values(area)) expect(summary).toMatch(/^[A-Z`].*[.)]$/);
  });
});
