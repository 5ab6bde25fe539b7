import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeWith } from "../support/requirements.js";

const installer = fileURLToPath(new URL("../../tools/install.sh", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keelson-installer-"));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function install(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync("bash", [installer, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
  });
}

/** A command that stands before the system's own. */
function command(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

describe("the installer of the tests' tools", () => {
  it("lists the available parts for an unknown one", () => {
    const { status, stderr } = install(["argocd"]);
    expect(status).toBe(1);
    expect(stderr).toBe(
      "tools: unknown part 'argocd'; there are: packages model schemas cluster kwok compose helm kustomize versitygw cloudnative-pg\n",
    );
  });

  it("stores builds outside the checkout, in the configured directory", () => {
    const where = (env: Record<string, string>) => install(["where", "kwok"], env).stdout;
    expect(where({ KEELSON_TOOLS: "/a" })).toMatch(/^\/a\/kwok-[0-9a-f]{16}\n$/);
    expect(where({ XDG_CACHE_HOME: "/b" })).toMatch(/^\/b\/keelson\/tools\/kwok-/);
    expect(where({ HOME: "/c" })).toMatch(/^\/c\/\.cache\/keelson\/tools\/kwok-/);
  });

  it("reports that Go is required, and leaves nothing behind", () => {
    for (const name of ["bash", "cat", "dirname", "find", "sha256sum", "cut"]) {
      const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
      command(name, `exec ${found} "$@"`);
    }
    const tools = join(folder, "tools");
    const { status, stderr } = install(["kwok"], { PATH: folder, KEELSON_TOOLS: tools });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^tools: building kwok needs Go .*https:\/\/go\.dev\/dl\n$/);
    expect(readdirSync(folder)).not.toContain("tools");
  });
});

describeWith(["root"], "the installer of the tests' tools, without root", () => {
  it("prints the command that installs the missing packages", () => {
    command("dpkg-query", 'for last; do :; done; case "$last" in wrk|age) echo missing ;; *) echo installed ;; esac');
    // A copy, because another user may not be able to look into the checkout.
    copyFileSync(installer, join(folder, "install.sh"));
    const unprivileged = [
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      "--",
      "bash",
      join(folder, "install.sh"),
      "packages",
    ];
    const { status, stderr } = spawnSync("setpriv", unprivileged, {
      encoding: "utf8",
      env: { PATH: `${folder}:${process.env["PATH"]}`, HOME: folder },
    });
    expect(stderr).toContain("sudo apt-get install --no-install-recommends age wrk");
    expect(status).toBe(1);
  });
});
