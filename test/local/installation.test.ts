import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const engines = z.object({ node: z.string().optional() }).or(z.array(z.string())).optional();
const packages = z.record(z.string(), z.object({ engines }));

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));

/** Whether a range such as `^18 || >=20.6.0` includes the version. Anything but `>=` is taken for a range of one major version. */
function includes(range: string, major: number, minor: number): boolean {
  return range.split("||").some((alternative) => {
    const [, sign, from = "0", fromMinor = "0"] = /(>=)?\s*\^?v?(\d+)(?:\.(\d+))?/.exec(alternative) ?? [];
    if (Number(from) === major) return Number(fromMinor) <= minor;
    return sign !== undefined && Number(from) < major;
  });
}

describe("what `npm ci` installs", () => {
  it("runs on the minimum version of Node.js in package.json", () => {
    const { engines: promised } = z.object({ engines: z.object({ node: z.string() }) }).parse(read("package.json"));
    const [, major, minor] = (/^>=(\d+)\.(\d+)/.exec(promised.node) ?? []).map(Number);
    if (major === undefined || minor === undefined) throw new Error(`no version in ${promised.node}`);
    const installed = z.object({ packages }).parse(read("package-lock.json")).packages;
    const newer = Object.entries(installed).flatMap(([name, { engines }]) =>
      engines && "node" in engines && engines.node !== undefined && !includes(engines.node, major, minor)
        ? [`${name} needs Node.js ${engines.node}`]
        : [],
    );
    expect(newer).toEqual([]);
  });
});
