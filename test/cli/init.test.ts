import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeRoot } from "../../src/local/layout.js";
import { keelson } from "../support/local/keelson.js";
import { atPrompts, onTerminal, type Typed } from "../support/local/terminal.js";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-init-"));
  await mkdir(join(directory, "My Shop 2"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("keelson init", () => {
  it("creates a platform file that check accepts, named after its directory, with its schema for editors", async () => {
    const cwd = join(directory, "My Shop 2");
    const { code, out } = await keelson(cwd, ["init"]);
    expect(code).toBe(0);
    expect(out).toContain("created platform.yaml: the platform my-shop-2, from the blueprint starter");
    const text = await readFile(join(cwd, "platform.yaml"), "utf8");
    expect(text).toMatch(/^# yaml-language-server: \$schema=.keelson\/platform.schema.json\n/);
    expect(text).toContain("\nplatform: my-shop-2\n");
    expect(JSON.parse(await readFile(join(cwd, ".keelson/platform.schema.json"), "utf8"))).toHaveProperty("$defs");
    expect((await keelson(cwd, ["check", "--rule", "availability"])).code).toBe(0);
  });

  it("leaves nothing to Git but the platform file, also of a platform that has run and of one with --data", async () => {
    const cwd = join(directory, "My Shop 2");
    const git = (...args: readonly string[]) => execFileSync("git", args, { cwd, encoding: "utf8" });
    git("init", "--quiet");
    expect((await keelson(cwd, ["init"])).code).toBe(0);
    await makeRoot(join(cwd, ".keelson/my-shop-2-local"));
    await makeRoot(join(cwd, "data"));
    for (const root of [".keelson/my-shop-2-local", "data"]) await writeFile(join(cwd, root, "plan.json"), "{}\n");
    git("add", "--all");
    expect(git("ls-files")).toBe("platform.yaml\n");
    await writeFile(join(cwd, "data/.gitignore"), "/secrets/\n");
    await makeRoot(join(cwd, "data"));
    expect(await readFile(join(cwd, "data/.gitignore"), "utf8")).toBe("/secrets/\n");
  });

  it("creates the directory, from the blueprint and with the name that the options give", async () => {
    const { code, out } = await keelson(directory, ["init", "new/shop", "--from", "aiaas", "--name", "shop", "--json"]);
    expect(code).toBe(0);
    const file = join(directory, "new/shop/platform.yaml");
    expect(JSON.parse(out)).toEqual({ file, platform: "shop", blueprint: "aiaas" });
    expect(await readFile(file, "utf8")).toContain("api-router:");
  });

  it("asks for what is omitted on a terminal", async () => {
    const { code, shown } = onTerminal(directory, ["init", "shop"], "aiaas\nmarket\n");
    expect(code, shown).toBe(0);
    const blueprints = await readdir(new URL("../../blueprints/", import.meta.url));
    expect(shown).toContain(`Blueprint (${blueprints.sort().join(", ")}) [starter]:`);
    expect(shown).toContain("Name of the platform [shop]:");
    expect(await readFile(join(directory, "shop/platform.yaml"), "utf8")).toMatch(/^platform: market$/m);
  });

  it.each<[string, number, string, readonly Typed[]]>([
    ["Ctrl-C at the first question", 130, "confirm/interrupted", [{ at: "Blueprint", keys: "\u0003" }]],
    [
      "Ctrl-C at the second question",
      130,
      "confirm/interrupted",
      [
        { at: "Blueprint", keys: "starter\r" },
        { at: "Name of the platform", keys: "\u0003" },
      ],
    ],
    ["Ctrl-D", 1, "confirm/declined", [{ at: "Blueprint", keys: "\u0004" }]],
  ])("%s ends with exit code %i, and creates nothing", async (_keys, code, error, typed) => {
    const before = await readdir(directory);
    const result = await atPrompts(directory, ["init"], typed);
    expect(result.code).toBe(code);
    // On a line of its own, after that of the prompt.
    expect(result.shown).toMatch(new RegExp(`^error ${error} `, "m"));
    expect(await readdir(directory)).toEqual(before);
  });

  it("changes nothing for an invalid name, an unknown blueprint or an existing file", async () => {
    for (const [args, error] of [
      [["--name", "Shop!"], "error init/name Shop! cannot be the name of a platform"],
      [["--from", "strater"], "error file/not-found there is no blueprint strater"],
    ] as const) {
      const { code, err } = await keelson(directory, ["init", ...args]);
      expect(code).toBe(2);
      expect(err).toContain(error);
    }
    await writeFile(join(directory, "platform.yaml"), "platform: mine\n");
    const { code, err } = await keelson(directory, ["init"]);
    expect(code).toBe(2);
    expect(err).toContain(`error init/exists ${join(directory, "platform.yaml")} exists and is not overwritten`);
    expect(await readFile(join(directory, "platform.yaml"), "utf8")).toBe("platform: mine\n");
  });
});

describe("other commands without a platform", () => {
  it("print the versions, the pages and the explanation of an error", async () => {
    const versions = JSON.parse((await keelson(directory, ["version", "--json"])).out);
    expect(versions).toMatchObject({ node: process.versions.node, postgres: expect.stringMatching(/^\d+\./) });
    expect((await keelson(directory, ["docs"])).out).toContain("recovery");
    expect((await keelson(directory, ["docs", "up"])).out).toContain("# `keelson up`");
    expect((await keelson(directory, ["docs", "port/in-use"])).out).toContain("The port is in use by another process.");
    expect(await keelson(directory, ["docs", "recvery"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("did you mean recovery?"),
    });
  });

  it("check this machine", async () => {
    const { code, out } = await keelson(directory, ["doctor", "--json"]);
    expect(code).toBe(0);
    const health = new Map(
      JSON.parse(out).checks.map((each: { subject: string; health: string }) => [each.subject, each.health]),
    );
    expect(health.get("Node.js")).toBe("ok");
    expect(health.get("PostgreSQL")).toBe("ok");
    expect(health.get("inference engine")).toBe("ok");
  });
});
