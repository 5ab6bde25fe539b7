import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { keelson, program } from "../support/local/keelson.js";

const printed = keelson("/", ["completion", "bash"]);

/** The completions of bash for a command line whose last word is incomplete. */
async function offered(...words: readonly string[]): Promise<string[]> {
  return offeredIn("/", ...words);
}

async function offeredIn(directory: string, ...words: readonly string[]): Promise<string[]> {
  const { code, out } = await printed;
  expect(code).toBe(0);
  const typed = ["keelson", ...words].map((word) => `'${word}'`).join(" ");
  // The script runs the command that is being completed, for values that depend on a file or on a running platform.
  const command = `keelson() { '${process.execPath}' '${program}' "$@"; }`;
  const script = `${command}\n${out}\nCOMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _keelson; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["-c", script], { encoding: "utf8", cwd: directory }).trim().split("\n");
}

describe("shell completion", () => {
  test("offers the commands", async () => {
    expect(await offered("back")).toEqual(["backup", "backups"]);
    expect(await offered("log")).toEqual(["logs", "login"]);
  });

  test("offers subcommands, the values of an argument, and the options of both", async () => {
    expect(await offered("keys", "re")).toContain("revoke");
    expect(await offered("completion", "zs")).toContain("zsh");
    expect(await offered("keys", "create", "--sc")).toContain("--scope");
    expect(await offered("up", "--det")).toEqual(["--detach"]);
  });

  test("offers only the values of an option after it", async () => {
    expect(await offered("drill", "")).toEqual(expect.arrayContaining(["process-crash", "database-loss"]));
    expect(await offered("render", "starter", "--target", "")).toEqual([
      "argocd",
      "compose",
      "helm",
      "kubernetes",
      "kustomize",
      "prometheus",
    ]);
    expect(await offered("render", "starter", "-t", "k")).toEqual(["kubernetes", "kustomize"]);
    expect(await offered("check", "--format", "s")).toEqual(["sarif"]);
    expect(await offered("usage", "--to", "")).toEqual([""]);
    expect(await offered("up", "--port", "")).toEqual([""]);
  });

  test("offers blueprints and files for a platform file, also with spaces in their names", async () => {
    const directory = mkdtempSync(join(tmpdir(), "keelson-completion-"));
    try {
      writeFileSync(join(directory, "a platform.yaml"), "platform: x\n");
      expect(await offeredIn(directory, "up", "")).toEqual(
        expect.arrayContaining(["starter", "aiaas", "a platform.yaml", "--detach"]),
      );
      expect(await offeredIn(directory, "up", "--data", "a")).toEqual(["a platform.yaml"]);
      expect(await offeredIn(directory, "keys", "a")).toEqual([""]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("offers the environments of the platform file, and what is stored in a data directory", async () => {
    expect(await offered("plan", "aiaas", "-e", "")).toEqual([
      "development",
      "staging",
      "production",
      "system",
      "as-documented",
    ]);
    expect(await offered("up", "-e", "dev")).toEqual(["development"]);
    const directory = mkdtempSync(join(tmpdir(), "keelson-completion-"));
    try {
      mkdirSync(join(directory, "data", "logs"), { recursive: true });
      writeFileSync(join(directory, "data", "logs", "gateway.log"), "");
      expect(await offeredIn(directory, "logs", "--data", "data", "gat")).toEqual(["gateway"]);
      expect(await offeredIn(directory, "restore", "--data", "data", "lat")).toEqual(["latest"]);
      // Without a running platform no key can be listed, and the completion offers nothing.
      expect(await offeredIn(directory, "keys", "revoke", "--data", "data", "key_")).toEqual([""]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test.each(["bash", "zsh", "fish"])("prints a script for %s", async (shell) => {
    const { code, out } = await keelson("/", ["completion", shell]);
    expect(code).toBe(0);
    expect(out).toContain("drill");
  });
});
