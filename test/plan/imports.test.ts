import { describe, expect, it } from "vitest";
import { readImports, readRooms, roomOf, violations } from "../../scripts/import-rules.js";

const imports = readImports("src");

describe("imports", () => {
  it("are found, type imports included", () => {
    expect(imports.get("plan/plan.ts")).toEqual(
      expect.arrayContaining(["plan/model/element.ts", "plan/model/store.ts"]),
    );
    expect(imports.get("cli/design/drill-measurements.ts")).toContain("recovery/drills/store.ts");
    expect(imports.get("check/context.ts")).toContain("promises/sheet.ts");
  });

  it("follow the table in docs/architecture.md", () => {
    expect(violations(imports)).toEqual([]);
  });

  it("are rejected if they leave their layer", () => {
    const rooms = readRooms();
    expect(violations(new Map([["plan/plan.ts", ["check/check.ts"]]]), rooms)).toEqual([
      expect.stringContaining("plan may import"),
    ]);
    expect(violations(new Map([["plan/plan.ts", ["node:fs"]]]), rooms)).toEqual([expect.stringContaining("is pure")]);
    expect(violations(new Map([["new-room/file.ts", ["plan/plan.ts"]]]), rooms)).toEqual([
      expect.stringContaining("lacks"),
    ]);
  });

  it("have a rule for every folder", () => {
    expect([...new Set([...imports.keys()].map(roomOf))].sort()).toEqual([...readRooms().keys()].sort());
  });

  it("contain no cycle", () => {
    expect([...imports.keys()].filter((file) => reachable(imports, file).has(file))).toEqual([]);
  });

  it("contain no cycle between the folders of the gateway", () => {
    const gateway = /^runtime\/gateway\//;
    const folders = new Map<string, string[]>();
    for (const [file, target] of all(imports)) {
      if (!gateway.test(file) || !gateway.test(target) || part(file, 2) === part(target, 2)) continue;
      folders.set(part(file, 2), [...(folders.get(part(file, 2)) ?? []), part(target, 2)]);
    }
    expect(folders.get("exchange")).toContain("routing");
    expect([...folders.keys()].filter((folder) => reachable(folders, folder).has(folder))).toEqual([]);
  });

  it("of another runtime module are limited to its client.ts; every module may import the kernel and the admin framework", () => {
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

  it("of the web application from src are limited to the contracts", () => {
    const outside = all(readImports("dashboard")).filter(([, target]) => target.startsWith("../"));
    expect(outside.length).toBeGreaterThan(0);
    expect(outside.filter(([, target]) => !/^\.\.\/src\/contracts\/[\w/-]+\.ts$/.test(target))).toEqual([]);
  });
});

function all(found: ReadonlyMap<string, readonly string[]>): (readonly [file: string, target: string])[] {
  return [...found].flatMap(([file, targets]) => targets.map((target) => [file, target] as const));
}

function part(file: string, at: number): string {
  return file.split("/")[at] ?? "";
}

function reachable(edges: ReadonlyMap<string, readonly string[]>, from: string): ReadonlySet<string> {
  const seen = new Set(edges.get(from) ?? []);
  for (const each of seen) for (const target of edges.get(each) ?? []) seen.add(target);
  return seen;
}
