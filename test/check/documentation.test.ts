import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rules } from "../../src/check/rules/index.js";
import { faults } from "../../src/promises/faults/index.js";
import { formatPrediction, formatWorstCase } from "../../src/promises/format.js";
import { promiseSheet } from "../../src/promises/sheet.js";
import { findingsIn, planOf } from "../support/check/findings.js";

const text = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const page = (name: string): string => text(`docs/${name}`);

describe("the pages", () => {
  it("docs/checks.md has a row for every rule, with its summary, and no other", () => {
    const rows = [...page("checks.md").matchAll(/^\| `([a-z]+\/[a-z-]+)` \| (\w+) \| (.+?) \|/gm)];
    expect(rows.map(([, code, severity, summary]) => ({ code, severity, summary }))).toEqual(
      rules.map(({ code, severity, summary }) => ({ code, severity, summary })),
    );
  });

  it("docs/promises.md has a section for every fault", () => {
    const sections = [...page("promises.md").matchAll(/^### `([a-z-]+)`/gm)].map(([, id]) => id);
    expect(sections).toEqual(faults.map(({ id }) => id));
  });

  it("docs/limits-of-predictions.md has a row for every term that rests on an assumption, and no other", () => {
    const sources = readdirSync(new URL("../../src/promises/", import.meta.url), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(new URL(`../../src/promises/${name}`, import.meta.url), "utf8"));
    const constants = new Map(
      sources
        .flatMap((text) => [...text.matchAll(/^export const ([A-Z_]+) = "(.+?)";/gm)])
        .map(([, key = "", name = ""]) => [key, name]),
    );
    // A name that contains a subject is listed without it.
    const assumed = sources
      .flatMap((text) => [...text.matchAll(/\bassumed\(\s*(?:["`](.+?)["`]|([A-Z_]+)),/g)])
      .map(([, name, constant = ""]) => name ?? constants.get(constant) ?? constant)
      .map((name) => name.replace(/ (?:of|at) \$\{\w+\}$/, "").replace(/\$\{.+?\}, /, ""));
    const rows = [...page("limits-of-predictions.md").matchAll(/^\| `(.+?)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual([...new Set(assumed)].sort());
  });

  it("docs/coverage.md refers to existing tests", () => {
    const named = [...page("coverage.md").matchAll(/`(test\/[^`]+)`/g)].flatMap(([, name = ""]) => {
      const [, before = name, list = "", after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? [];
      return list.split(",").map((each) => `${before}${each}${after}`);
    });
    const missing = named.filter(
      (name) => !["", ".ts", ".test.ts"].some((end) => existsSync(new URL(`../../${name}${end}`, import.meta.url))),
    );
    expect(named.length).toBeGreaterThan(80);
    expect(missing).toEqual([]);
  });

  it("README.md shows a file that keeps its promises, and the finding for a shorter promise", () => {
    const [, file = "", than = "", refusal = ""] =
      /```yaml\n(platform: starter\n.*?)```\nPromise `(.+?)` there.*?```\n(.*?)```/s.exec(text("README.md")) ?? [];
    const errors = (of: string) => findingsIn(of).filter(({ severity }) => severity === "error");
    expect(errors(file)).toEqual([]);
    const refused = errors(file.replace("objectives: { rto: 1h }", `objectives: { ${than} }`));
    const printed = refused.map(
      ({ origin: { file, line, column }, severity, code, message, hint }) =>
        `${file}:${line}:${column} ${severity} ${code} ${message} fix: ${hint}`,
    );
    expect(printed).toHaveLength(1);
    // Omissions are marked by an ellipsis; lines may break anywhere.
    for (const piece of refusal.replace(/\s+/g, " ").split("…")) expect(printed[0]).toContain(piece.trim());
  });

  it("README.md shows rows of the starter's sheet as computed", () => {
    const { rows } = promiseSheet(planOf(text("blueprints/starter/platform.yaml"), "local"), []);
    const shown = [...text("README.md").matchAll(/^ {2}(\w+) +(\w+) +(\w+) ✓ +\S+ +(\w+) +(\w+) ✓ +\S+ +kept$/gm)];
    expect(shown.length).toBeGreaterThan(0);
    for (const [, ...row] of shown) {
      const computed = rows.map(({ subject, rto, rpo }) => [
        subject,
        formatWorstCase(rto.promised ?? 0),
        formatPrediction(rto.predicted),
        formatWorstCase(rpo.promised ?? 0),
        formatPrediction(rpo.predicted),
      ]);
      expect(computed).toContainEqual(row);
    }
  });
});
