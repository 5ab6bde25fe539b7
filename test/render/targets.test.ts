import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { targets } from "../../src/render/targets.js";

describe.each(Object.entries(targets))("the target %s", (name, target) => {
  const page = readFileSync(new URL("../../docs/rendering.md", import.meta.url), "utf8");

  it("has the name that it is registered under", () => {
    expect(target.name).toBe(name);
  });

  it("has a command and a section in docs/rendering.md", () => {
    expect(page).toContain(` -t ${name} `);
    expect(page.toLowerCase()).toMatch(new RegExp(`^## the ${name} target$`, "m"));
  });
});
