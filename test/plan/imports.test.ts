import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../src/", import.meta.url));
/** The core, from the bottom up: each may import itself and what stands before it. */
const layers = ["spec", "plan", "promises", "check"];

/** What each file of the core imports, types included. */
const imports = new Map(
  layers.flatMap((layer) =>
    readdirSync(join(root, layer), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => {
        const file = join(layer, name);
        const text = readFileSync(join(root, file), "utf8");
        const named = [...text.matchAll(/^(?:import|export)\s[^;]*?from "(\.[^"]+)\.js";/gm)];
        return [file, named.map(([, path]) => normalize(join(dirname(file), `${path}.ts`)))] as const;
      }),
  ),
);

describe("the core's imports", () => {
  it("are found, those of types as well", () => {
    expect(imports.get("plan/plan.ts")).toEqual(expect.arrayContaining(["plan/element.ts", "plan/store.ts"]));
    expect(imports.get("check/check.ts")).toContain("promises/sheet.ts");
  });

  it("run one way: spec, plan, promises, check", () => {
    const upwards = [...imports].flatMap(([file, targets]) =>
      targets.filter((target) => !layers.slice(0, layers.indexOf(layerOf(file)) + 1).includes(layerOf(target))),
    );
    expect(upwards).toEqual([]);
  });

  it("make no circle", () => {
    expect([...imports.keys()].filter((file) => reachable(file).has(file))).toEqual([]);
  });
});

function layerOf(file: string): string {
  return file.split("/")[0] ?? "";
}

function reachable(file: string): ReadonlySet<string> {
  const seen = new Set(imports.get(file) ?? []);
  for (const each of seen) for (const target of imports.get(each) ?? []) seen.add(target);
  return seen;
}
