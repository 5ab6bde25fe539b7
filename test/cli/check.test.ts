import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixture } from "../support/check/findings.js";
import { sarifLog } from "../support/check/sarif-log.js";
import { type Result, keelson as run } from "../support/local/keelson.js";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-check-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const keelson = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> =>
  run(directory, args, { env });

async function platform(text: string): Promise<string> {
  await writeFile(join(directory, "platform.yaml"), text);
  return "platform.yaml";
}

describe("keelson check", () => {
  it("ends with 0 and says so where nothing is found", async () => {
    const file = await platform("platform: shop\nservices:\n  web: { modules: [engine] }\n");
    expect(await keelson(["check", file])).toEqual({ code: 0, out: "nothing found in default\n", err: "" });
  });

  it("ends with 1 for an error, at its line, in plain text when it is piped", async () => {
    const { code, out } = await keelson(["check", await platform(fixture("availability/rollout-stuck", "fail"))]);
    expect(code).toBe(1);
    expect(out).toContain("platform.yaml:6:23 error availability/rollout-stuck");
    expect(out).not.toContain("\u001b");
  });

  it("ends with 0 for a warning, and with 1 under --strict", async () => {
    const file = await platform(fixture("capacity/memory-overcommit", "fail"));
    expect((await keelson(["check", file, "--rule", "capacity"])).code).toBe(0);
    expect((await keelson(["check", file, "--rule", "capacity", "--strict"])).code).toBe(1);
  });

  it("ends with 2 and one line for a file that is none, an unknown rule and an unknown environment", async () => {
    const file = await platform("platform: shop\nservices:\n  web: { modules: [accounts], replicaz: 2 }\n");
    expect(await keelson(["check", "nowhere.yaml"])).toMatchObject({ code: 2, out: "" });
    expect(await keelson(["check", file])).toMatchObject({
      code: 2,
      err: expect.stringContaining("platform.yaml:3:31"),
    });
    const rule = await keelson(["check", file, "--rule", "network/opne"]);
    expect(rule).toMatchObject({ code: 2, err: expect.stringContaining("did you mean `network/open`?") });
    const environment = await keelson(["check", await platform("platform: shop\n"), "-e", "prod"]);
    expect(environment).toMatchObject({ code: 2, err: expect.stringContaining("there is no environment `prod`") });
  });

  it("prints one JSON document, or one SARIF log, and nothing else", async () => {
    const file = await platform(fixture("network/open", "fail"));
    const json = JSON.parse((await keelson(["check", file, "--json"])).out);
    expect(json.findings[0]).toMatchObject({ code: "network/open", severity: "error", environments: ["default"] });
    const sarif = JSON.parse((await keelson(["check", file, "--format", "sarif"])).out);
    expect(sarif).toMatchObject({
      version: "2.1.0",
      runs: [{ results: [{ ruleId: "network/open", level: "error" }] }],
    });
  });

  it("prints a SARIF log of what is wrong with a file that cannot be read, and ends with 2", async () => {
    const broken = await platform("platform: shop\nservices:\n  web: { modules: [accounts], replicaz: 2 }\n");
    const logOf = async (...args: string[]) => {
      const { code, out, err } = await keelson(["check", ...args, "--format", "sarif"]);
      expect({ code, err }).toEqual({ code: 2, err: "" });
      const [run] = sarifLog.parse(JSON.parse(out)).runs;
      return run?.results.map(({ ruleId, locations }) => ({ ruleId, ...locations[0]?.physicalLocation }));
    };
    expect(await logOf(broken)).toEqual([
      {
        ruleId: "spec/unknown-key",
        artifactLocation: { uri: `file://${join(directory, "platform.yaml")}` },
        region: { startLine: 3, startColumn: 31, endColumn: 39 },
      },
    ]);
    expect(await logOf("nowhere.yaml")).toEqual([
      { ruleId: "file/not-found", artifactLocation: { uri: `file://${join(directory, "nowhere.yaml")}` } },
    ]);
  });

  it("names the file in a SARIF log from the repository's root on, from wherever it is called", async () => {
    await mkdir(join(directory, "repository", ".git"), { recursive: true });
    await mkdir(join(directory, "repository", "deploy"));
    const file = join(directory, "repository", "deploy", "platform.yaml");
    for (const text of [fixture("network/open", "fail"), "platform: shop\nservces: {}\n"]) {
      await writeFile(file, text);
      for (const named of ["repository/deploy/platform.yaml", "repository/deploy", file]) {
        const { out } = await keelson(["check", named, "--format", "sarif"]);
        const [run] = sarifLog.parse(JSON.parse(out)).runs;
        expect(run?.originalUriBaseIds).toEqual({ "%SRCROOT%": { uri: `file://${join(directory, "repository")}/` } });
        expect(run?.results[0]?.locations[0]?.physicalLocation.artifactLocation).toEqual({
          uri: "deploy/platform.yaml",
          uriBaseId: "%SRCROOT%",
        });
      }
    }
  });

  it("prints the errors of a file that cannot be read as one JSON document, with --format json as well", async () => {
    const file = await platform("platform: shop\nservces: {}\n");
    for (const asked of [["--json"], ["--format", "json"], ["--format=json"]]) {
      const { code, out, err } = await keelson(["check", file, ...asked]);
      expect({ code, err }).toEqual({ code: 2, err: "" });
      expect(JSON.parse(out)).toMatchObject({ file, diagnostics: [{ code: "spec/unknown-key" }] });
    }
  });

  it("mends what is safe in the file and leaves its comments and everything else alone", async () => {
    const text = fixture("availability/pdb-blocks-drain", "fail");
    const file = await platform(text);
    const { code, err } = await keelson(["check", file, "--fix"]);
    expect(code).toBe(0);
    expect(err).toContain("mended availability/pdb-blocks-drain");
    expect(await readFile(join(directory, file), "utf8")).toBe(text.replace("minAvailable: 2", "minAvailable: 1"));
  });

  it("keeps the line ends of a file from Windows when it mends", async () => {
    const text = fixture("recovery/backup-unencrypted", "fail").replaceAll("\n", "\r\n");
    const file = await platform(text);
    const { err } = await keelson(["check", file, "--fix", "--rule", "recovery/backup-unencrypted"]);
    expect(err).toContain("mended recovery/backup-unencrypted");
    const mended = await readFile(join(directory, file), "utf8");
    expect(mended).not.toBe(text);
    expect(mended.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  it("keeps the mark that an editor put before the text", async () => {
    const file = await platform(`\uFEFF${fixture("availability/pdb-blocks-drain", "fail")}`);
    await keelson(["check", file, "--rule", "availability/pdb-blocks-drain", "--fix"]);
    const mended = await readFile(join(directory, file), "utf8");
    expect(mended.startsWith("\uFEFFplatform: ")).toBe(true);
    expect(mended).toContain("minAvailable: 1");
  });

  it("keeps them where lines are added", async () => {
    const text =
      "platform: shop\ncloud: aws\nstores:\n  orders:\n    postgres: 17\n    objectives:\n      rpo: 1h\n".replaceAll(
        "\n",
        "\r\n",
      );
    const file = await platform(text);
    const { err } = await keelson(["check", file, "--fix", "--rule", "recovery/no-backup"]);
    expect(err).toContain("mended recovery/no-backup");
    const mended = await readFile(join(directory, file), "utf8");
    expect(mended.split("\r\n").length).toBeGreaterThan(text.split("\r\n").length);
    expect(mended.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  it("lists its rules", async () => {
    const { out } = await keelson(["check", "--list-rules"]);
    expect(out).toMatch(/^recovery\/rpo-interval +error +backups or log shipping are too far apart for the RPO$/m);
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
    const { code, out } = await keelson(["promises", await platform(kept)]);
    expect(code).toBe(0);
    expect(out).toContain("shop in default: what it promises, fault by fault");
    expect(out).toMatch(/✓ 4 kept$/m);
  });

  it("ends with 1 where something is broken, and reckons it up", async () => {
    const { code, out } = await keelson(["promises", await platform(kept.replace("size: 512Mi", "size: 100Gi"))]);
    expect(code).toBe(1);
    expect(out).toMatch(/restore of the backup \(100Gi ÷ 50M\/s\)/);
  });

  it("prints the sheet as data", async () => {
    const { out } = await keelson(["promises", await platform(kept), "--json"]);
    const sheet = JSON.parse(out);
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
    expect((await keelson(["promises", file, "--explain", "database-loss/orders"])).out).toContain("# Restore orders");
    const unknown = await keelson(["promises", file, "--explain", "database-loss/ordres"]);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("database-loss/orders") });
  });

  it("refuses a data directory that is not there", async () => {
    const { code, err } = await keelson(["promises", await platform(kept), "--data", "nowhere"]);
    expect(code).toBe(2);
    expect(err).toMatch(/there is no data directory \/.*\/nowhere$/m);
  });
});

describe("keelson check and keelson promises", () => {
  const platformWith = (objectives: string): string =>
    `platform: shop\nprovide: in-cluster\nzones: 3\nservices:\n  web: { modules: [engine], replicas: 2, spread: zones, expose: true }\nobjectives: ${objectives}\nobserve: { metrics: prometheus }\n`;

  it.each([
    ["kept", "{ rto: 1h }", 0, "✓ 3 kept"],
    ["broken", "{ rto: 1s }", 1, "✓ 0 kept   ✗ 3 broken"],
    [
      "unknown, as an availability that no cloud vouches for",
      "{ rto: 1h, availability: 99.9% }",
      1,
      "✓ 3 kept   ? 1 unknown",
    ],
  ])("agree on what is %s, and the sheet's last line counts it", async (_, objectives, code, last) => {
    const file = await platform(platformWith(objectives));
    const sheet = await keelson(["promises", file]);
    expect({ code: sheet.code, last: sheet.out.trimEnd().split("\n").at(-1) }).toEqual({ code, last });
    expect((await keelson(["check", file])).code).toBe(code);
  });
});

describe("keelson, given words that it does not understand", () => {
  const misused: readonly (readonly [string, readonly string[], string, string])[] = [
    ["an unknown command", ["chek"], "unknown command 'chek'", "did you mean check?"],
    ["an unknown option", ["check", "--strit"], "unknown option '--strit'", "did you mean --strict?"],
    ["a choice that is none", ["check", "--format", "xml"], "argument 'xml' is invalid", "text, json, sarif"],
    ["an option without its value", ["promises", "--data"], "option '--data <directory>' argument missing", "--help"],
    ["a word too many", ["plan", "a.yaml", "b.yaml"], "too many arguments", "--help"],
    ["no command of a group", ["keys"], "names no command", "--help"],
  ];

  it.each(misused)("%s: ends with 2, and says so on err", async (_what, words, message, hint) => {
    const { code, out, err } = await keelson(words);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("error usage ");
    expect(err).toContain(message);
    expect(err).toContain(hint);
  });

  it.each(misused)("%s: with --json, it is one JSON document on out", async (_what, words, message, hint) => {
    // Before the mistaken words, so that none of them takes it for its value.
    const { code, out } = await keelson([...words.slice(0, 1), "--json", ...words.slice(1)]);
    expect(code).toBe(2);
    const { error, ...rest } = JSON.parse(out);
    expect(rest).toEqual({});
    expect(error.code).toBe("usage");
    expect(`${error.message}\n${error.hint}`).toContain(hint);
    if (words.length > 1 || words[0] === "chek") expect(error.message).toContain(message);
  });

  it("still ends with 0 for help, which is no error", async () => {
    expect(await keelson(["check", "--help"])).toMatchObject({ code: 0, err: "" });
  });
});
