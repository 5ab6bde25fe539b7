import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const core = ["platform-file", "plan", "promises", "check", "render"];

/** Every room of the source and those that it may import besides itself: the table of docs/architecture.md. */
const rooms = new Map(
  [...readFileSync(join(root, "docs/architecture.md"), "utf8").matchAll(/^\| `src\/([\w.-]+)` \|.*\| (.+) \|$/gm)].map(
    ([, room = "", allowed = ""]) =>
      [room, allowed === "nothing of ours" ? [] : allowed.replace("core", core.join(", ")).split(", ")] as const,
  ),
);

/** What each file imports, types and what is loaded later included. */
function importsIn(folder: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => {
        const text = readFileSync(join(root, folder, name), "utf8");
        const named = [
          ...text.matchAll(/^(?:import|export)\s[^;]*?from "(\.[^"]+)\.js";/gm),
          ...text.matchAll(/\bimport\("(\.[^"]+)\.js"\)/g),
        ];
        return [name, named.map(([, path]) => normalize(join(dirname(name), `${path}.ts`)))];
      }),
  );
}

const imports = importsIn("src");

describe("imports", () => {
  it("are found, those of types as well", () => {
    expect(imports.get("plan/plan.ts")).toEqual(
      expect.arrayContaining(["plan/model/element.ts", "plan/model/store.ts"]),
    );
    expect(imports.get("cli/promises.ts")).toContain("recovery/drills/results.ts");
    expect(imports.get("check/check.ts")).toContain("promises/sheet.ts");
  });

  it("run one way, from the command line over the edges to the core", () => {
    const against = all(imports).filter(([file, target]) => {
      const allowed = rooms.get(part(file, 0)) ?? [];
      return part(target, 0) !== part(file, 0) && !allowed.includes("everything") && !allowed.includes(part(target, 0));
    });
    expect(against).toEqual([]);
  });

  it("are judged in every room that there is", () => {
    expect([...new Set([...imports.keys()].map((file) => part(file, 0)))].sort()).toEqual([...rooms.keys()].sort());
  });

  it("make no circle", () => {
    expect([...imports.keys()].filter((file) => reachable(file).has(file))).toEqual([]);
  });

  it("of one module by another end at its client; all stand on the kernel and the admin API's frame", () => {
    const shared = ["kernel", "admin"];
    const inside = all(imports).filter(
      ([file, target]) =>
        file !== "runtime/modules.ts" &&
        part(file, 0) === "runtime" &&
        part(target, 0) === "runtime" &&
        part(target, 1) !== part(file, 1) &&
        !shared.includes(part(target, 1)) &&
        target !== `runtime/${part(target, 1)}/client.ts`,
    );
    expect(inside).toEqual([]);
    expect(
      all(imports).filter(([file, target]) => /^runtime\/(?!kernel)/.test(target) && /^runtime\/kernel/.test(file)),
    ).toEqual([]);
  });

  it("of the web application end at the shapes of what the platform answers", () => {
    const outside = all(importsIn("dashboard")).filter(([, target]) => target.startsWith("../"));
    expect(outside.length).toBeGreaterThan(0);
    expect(outside.filter(([, target]) => !/^\.\.\/src\/runtime\/dashboard\/\w+\/answer\.ts$/.test(target))).toEqual(
      [],
    );
  });
});

function all(found: ReadonlyMap<string, readonly string[]>): (readonly [file: string, target: string])[] {
  return [...found].flatMap(([file, targets]) => targets.map((target) => [file, target] as const));
}

function part(file: string, at: number): string {
  return file.split("/")[at] ?? "";
}

function reachable(file: string): ReadonlySet<string> {
  const seen = new Set(imports.get(file) ?? []);
  for (const each of seen) for (const target of imports.get(each) ?? []) seen.add(target);
  return seen;
}
