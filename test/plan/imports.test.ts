import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../src/", import.meta.url));
const core = ["spec", "plan", "promises", "check", "render"];

/** Every room of the source and those that it may import besides itself, as docs/architecture.md draws the arrows. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  spec: [],
  plan: ["spec"],
  promises: ["spec", "plan"],
  check: ["spec", "plan", "promises"],
  render: ["spec", "plan", "promises"],
  disk: ["spec"],
  postgres: ["spec", "plan", "promises", "disk"],
  recovery: ["spec", "plan", "promises", "disk", "postgres"],
  local: [...core, "disk", "postgres", "recovery"],
  kubernetes: core,
  runtime: [...core, "disk"],
  // `index.ts` is what code that defines a platform imports as `keelson`.
  cli: [...core, "disk", "postgres", "recovery", "local", "kubernetes", "runtime", "index.ts"],
};

/** What each file imports, types and what is loaded later included. */
const imports = new Map(
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && name.includes("/"))
    .map((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const named = [
        ...text.matchAll(/^(?:import|export)\s[^;]*?from "(\.[^"]+)\.js";/gm),
        ...text.matchAll(/\bimport\("(\.[^"]+)\.js"\)/g),
      ];
      return [file, named.map(([, path]) => normalize(join(dirname(file), `${path}.ts`)))] as const;
    }),
);

describe("imports", () => {
  it("are found, those of types as well", () => {
    expect(imports.get("plan/plan.ts")).toEqual(expect.arrayContaining(["plan/element.ts", "plan/store.ts"]));
    expect(imports.get("cli/promises.ts")).toContain("recovery/drills/results.ts");
    expect(imports.get("check/check.ts")).toContain("promises/sheet.ts");
  });

  it("run one way, from the command line over the edges to the core", () => {
    const against = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => roomOf(target) !== roomOf(file) && !rooms[roomOf(file)]?.includes(roomOf(target)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(against).toEqual([]);
  });

  it("are judged in every room that there is", () => {
    expect([...new Set([...imports.keys()].map(roomOf))].sort()).toEqual(Object.keys(rooms).sort());
  });

  it("make no circle in the core", () => {
    expect([...imports.keys()].filter((file) => core.includes(roomOf(file)) && reachable(file).has(file))).toEqual([]);
  });
});

function roomOf(file: string): string {
  return file.split("/")[0] ?? "";
}

function reachable(file: string): ReadonlySet<string> {
  const seen = new Set(imports.get(file) ?? []);
  for (const each of seen) for (const target of imports.get(each) ?? []) seen.add(target);
  return seen;
}
