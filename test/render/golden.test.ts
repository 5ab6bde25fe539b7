import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import { targets } from "../../src/render/targets.js";
import { blueprintPlans } from "../support/cluster/plans.js";

/**
 * What every blueprint renders to, as files that can be read and compared in a review. After a change that is meant:
 * `UPDATE_GOLDEN=1 npx vitest run test/render/golden.test.ts`, then look at the difference.
 */
const golden = fileURLToPath(new URL("golden", import.meta.url));
const update = process.env["UPDATE_GOLDEN"] === "1";

/** The Plan itself is held by its own tests; here its thousand lines would hide everything else. */
const left = new Set(["plan.json", "platform/config-map-plan.yaml"]);

describe.each([...blueprintPlans()])("%s", (name, plan) => {
  it.each(Object.keys(targets))("renders to %s as its golden files", (target) => {
    const folder = join(golden, name.replace(" ", "-"), target);
    const rendered = render(plan, target);
    if (update) write(folder, rendered);
    expect([...rendered.keys()].sort()).toEqual(filesIn(folder));
    for (const [path, text] of rendered) expect(text, path).toBe(readFileSync(join(folder, path), "utf8"));
  });
});

/** The name of the configuration carries a hash of the whole Plan, which changes with everything: here it stands still. */
function render(plan: Plan, name: string): ReadonlyMap<string, string> {
  const target = Object.entries(targets).find(([candidate]) => candidate === name)?.[1];
  const files = target?.render(plan).files ?? [];
  return new Map(
    files
      .filter(({ path }) => !left.has(path))
      .map(({ path, text }) => [path, text.replaceAll(/name: plan-[0-9a-f]{10}$/gm, "name: plan-0000000000")]),
  );
}

function write(folder: string, files: ReadonlyMap<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
