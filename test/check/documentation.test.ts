import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rules } from "../../src/check/rules/index.js";
import { faults } from "../../src/promises/faults/index.js";

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

describe("the pages", () => {
  it("docs/checks.md has a row for every rule, in the words of the rule, and no other", () => {
    const rows = [...page("checks.md").matchAll(/^\| `([a-z]+\/[a-z-]+)` \| (\w+) \| (.+?) \|/gm)];
    expect(rows.map(([, code, severity, summary]) => ({ code, severity, summary }))).toEqual(
      rules.map(({ code, severity, summary }) => ({ code, severity, summary })),
    );
  });

  it("docs/promises.md has a section for every fault", () => {
    const sections = [...page("promises.md").matchAll(/^### `([a-z-]+)`/gm)].map(([, id]) => id);
    expect(sections).toEqual(faults.map(({ id }) => id));
  });
});
