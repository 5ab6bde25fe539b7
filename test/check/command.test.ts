import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixture } from "./findings.js";

const bin = fileURLToPath(new URL("../../bin/keelson.js", import.meta.url));
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-check-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function keelson(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, env: { ...process.env, ...environment }, timeout: 30_000 };
    execFile(process.execPath, [bin, ...args], options, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

async function platform(text: string): Promise<string> {
  await writeFile(join(directory, "platform.yaml"), text);
  return "platform.yaml";
}

describe("keelson check", () => {
  it("ends with 0 and says so where nothing is found", async () => {
    const file = await platform("platform: shop\nservices:\n  web: { modules: [accounts] }\n");
    expect(await keelson(["check", file])).toEqual({ code: 0, stdout: "nothing found in default\n", stderr: "" });
  });

  it("ends with 1 for an error, at its line, in plain text when it is piped", async () => {
    const { code, stdout } = await keelson(["check", await platform(fixture("availability/rollout-stuck", "fail"))]);
    expect(code).toBe(1);
    expect(stdout).toContain("platform.yaml:6:23 error availability/rollout-stuck");
    expect(stdout).not.toContain("\u001b");
  });

  it("ends with 0 for a warning, and with 1 under --strict", async () => {
    const file = await platform(fixture("capacity/memory-overcommit", "fail"));
    expect((await keelson(["check", file, "--rule", "capacity"])).code).toBe(0);
    expect((await keelson(["check", file, "--rule", "capacity", "--strict"])).code).toBe(1);
  });

  it("ends with 2 and one line for a file that is none, an unknown rule and an unknown environment", async () => {
    const file = await platform("platform: shop\nservices:\n  web: { modules: [accounts], replicaz: 2 }\n");
    expect(await keelson(["check", "nowhere.yaml"])).toMatchObject({ code: 2, stdout: "" });
    expect(await keelson(["check", file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("platform.yaml:3:31"),
    });
    const rule = await keelson(["check", file, "--rule", "network/opne"]);
    expect(rule).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean `network/open`?") });
    const environment = await keelson(["check", await platform("platform: shop\n"), "-e", "prod"]);
    expect(environment).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no environment `prod`") });
  });

  it("prints one JSON document, or one SARIF log, and nothing else", async () => {
    const file = await platform(fixture("network/open", "fail"));
    const json = JSON.parse((await keelson(["check", file, "--json"])).stdout);
    expect(json.findings[0]).toMatchObject({ code: "network/open", severity: "error", environments: ["default"] });
    const sarif = JSON.parse((await keelson(["check", file, "--format", "sarif"])).stdout);
    expect(sarif).toMatchObject({
      version: "2.1.0",
      runs: [{ results: [{ ruleId: "network/open", level: "error" }] }],
    });
  });

  it("mends what is safe in the file and leaves its comments and everything else alone", async () => {
    const text = fixture("availability/pdb-blocks-drain", "fail");
    const file = await platform(text);
    const { code, stderr } = await keelson(["check", file, "--fix"]);
    expect(code).toBe(0);
    expect(stderr).toContain("mended availability/pdb-blocks-drain");
    expect(await readFile(join(directory, file), "utf8")).toBe(text.replace("minAvailable: 2", "minAvailable: 1"));
  });

  it("lists its rules", async () => {
    const { stdout } = await keelson(["check", "--list-rules"]);
    expect(stdout).toMatch(/^recovery\/rpo-interval +error +backups or log shipping are too far apart for the RPO$/m);
  });
});

describe("keelson promises", () => {
  const kept = `platform: shop
provide: embedded
services:
  web: { modules: [accounts], calls: [orders] }
stores:
  orders: { postgres: 17, size: 512Mi, backups: { full: 30m keep 2d, log: 30s keep 7d } }
objectives: { rto: 1m, rpo: 1m }
`;

  it("ends with 0 where everything is kept, and prints the sheet", async () => {
    const { code, stdout } = await keelson(["promises", await platform(kept)]);
    expect(code).toBe(0);
    expect(stdout).toContain("shop in default: what it promises, fault by fault");
    expect(stdout).toMatch(/✓ 4 kept$/m);
  });

  it("ends with 1 where something is broken, and reckons it up", async () => {
    const { code, stdout } = await keelson(["promises", await platform(kept.replace("size: 512Mi", "size: 100Gi"))]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/restore of the backup \(100Gi ÷ 50M\/s\)/);
  });

  it("prints the sheet as data", async () => {
    const { stdout } = await keelson(["promises", await platform(kept), "--json"]);
    const sheet = JSON.parse(stdout);
    expect(sheet.rows.map(({ fault, subject }: { fault: string; subject: string }) => `${fault}/${subject}`)).toEqual([
      "process-crash/web",
      "process-crash/orders",
      "database-loss/orders",
      "backup-corruption/orders",
    ]);
    expect(sheet.rows[2].rto).toMatchObject({ promised: 60_000, verdict: "kept", predicted: { kind: "bounded" } });
  });

  it("explains one row, and says which there are when it is not one of them", async () => {
    const file = await platform(kept);
    expect((await keelson(["promises", file, "--explain", "database-loss/orders"])).stdout).toContain(
      "# Restore orders",
    );
    const unknown = await keelson(["promises", file, "--explain", "database-loss/ordres"]);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("database-loss/orders") });
  });

  it("refuses a data directory that is not there", async () => {
    const { code, stderr } = await keelson(["promises", await platform(kept), "--data", "nowhere"]);
    expect(code).toBe(2);
    expect(stderr).toContain("there is no data directory nowhere");
  });
});
