import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { keelson } from "./keelson.js";

/** What bash offers after these words, the last of which is being typed. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const { code, out } = await keelson("/", ["completion", "bash"]);
  expect(code).toBe(0);
  const typed = ["keelson", ...words].map((word) => `'${word}'`).join(" ");
  const script = `${out}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _keelson; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split("\n");
}

describe("shell completion", () => {
  test("offers the commands", async () => {
    expect(await offered("back")).toEqual(["backup", "backups"]);
    expect(await offered("log")).toEqual(["login", "logs"]);
  });

  test("offers subcommands, what an argument may be, and the options of both", async () => {
    expect(await offered("keys", "re")).toContain("revoke");
    expect(await offered("completion", "zs")).toContain("zsh");
    expect(await offered("keys", "create", "--sc")).toContain("--scope");
    expect(await offered("up", "--det")).toEqual(["--detach"]);
  });

  test.each(["bash", "zsh", "fish"])("prints a script for %s", async (shell) => {
    const { code, out } = await keelson("/", ["completion", shell]);
    expect(code).toBe(0);
    expect(out).toContain("drill");
  });
});
