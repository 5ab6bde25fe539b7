import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

describe("the packed package", () => {
  const manifest = z.object({ bin: z.record(z.string(), z.string()), scripts: z.record(z.string(), z.string()) });
  const packed = z.array(z.object({ files: z.array(z.object({ path: z.string() })) })).nonempty();

  it("contains what its commands and its install scripts use", () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const out = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      encoding: "utf8",
    });
    const files = new Set(
      packed
        .parse(JSON.parse(out))
        .flatMap(({ files }) => files)
        .map(({ path }) => path),
    );
    const { bin, scripts } = manifest.parse(read("package.json"));
    for (const file of Object.values(bin)) expect(files).toContain(file);
    for (const file of [
      "dist/cli/main.js",
      "blueprints/starter/platform.yaml",
      "schema/platform.schema.json",
      "docs/up.md",
    ])
      expect(files).toContain(file);
    // These run where the package is installed, and must not refer to files of the checkout.
    for (const name of ["preinstall", "install", "postinstall"])
      for (const [file] of (scripts[name] ?? "").matchAll(/[\w./-]+\.(?:c?js|sh)/g)) expect(files).toContain(file);
  });
});
