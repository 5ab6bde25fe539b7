import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import type { Rendering } from "../../src/render/target.js";
import { targets } from "../../src/render/targets.js";
import { platformPlans } from "../support/cluster/plans.js";

/**
 * What every blueprint renders to, as files that can be read and compared in a review. After a change that is meant:
 * `UPDATE_GOLDEN=1 npx vitest run test/render/golden.test.ts`, then look at the difference.
 */
const golden = fileURLToPath(new URL("golden", import.meta.url));
const update = process.env["UPDATE_GOLDEN"] === "1";

/** The Plan itself is held by its own tests; here its thousand lines would hide everything else. */
const left = new Set(["plan.json", "platform/config-map-plan.yaml"]);

describe.each([...platformPlans()])("%s", (name, plans) => {
  it.each(rows(plans))("renders %s as its golden files", (_title, folder, render) => {
    const place = join(golden, name + folder);
    const rendered = stable(render());
    if (update) write(place, rendered);
    expect([...rendered.keys()].sort()).toEqual(filesIn(place));
    for (const [path, text] of rendered) expect(text, path).toBe(readFileSync(join(place, path), "utf8"));
  });
});

type Row = readonly [title: string, folder: string, render: () => Rendering];

/** What is rendered, below which folder, and how: each environment for itself, or the platform as a whole. */
function rows(plans: readonly Plan[]): readonly Row[] {
  return Object.values(targets).flatMap((target): readonly Row[] => {
    const { name } = target;
    if (target.scope === "platform") return [[name, `/${name}`, () => target.render(plans)]];
    return plans.map(
      (plan): Row => [`${plan.environment} as ${name}`, `-${plan.environment}/${name}`, () => target.render(plan)],
    );
  });
}

/** The name of the configuration contains a hash of the whole Plan, which changes with everything: here it is constant. */
function stable({ files }: Rendering): ReadonlyMap<string, string> {
  return new Map(
    files
      .filter(({ path }) => !left.has(path) && !/(^|\/)files\/|config-map-plan\.yaml$/.test(path))
      .map(({ path, text }) => [
        path,
        text.replaceAll(/plan-[0-9a-f]{10}$/gm, "plan-0000000000").replaceAll(/\+[0-9a-f]{10}$/gm, "+0000000000"),
      ]),
  );
}

function write(folder: string, files: ReadonlyMap<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** None if the platform is rendered to no file of a target. */
function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
