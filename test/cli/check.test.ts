import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
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
  it("exits with 0 without findings", async () => {
    const file = await platform("platform: shop\nservices:\n  web: { modules: [engine] }\n");
    expect(await keelson(["check", file])).toEqual({ code: 0, out: "no findings in default\n", err: "" });
  });

  it("exits with 1 for an error, printed with its line, without colours to a pipe", async () => {
    const { code, out } = await keelson(["check", await platform(fixture("availability/rollout-stuck", "fail"))]);
    expect(code).toBe(1);
    expect(out).toContain("platform.yaml:6:23 error availability/rollout-stuck");
    expect(out).not.toContain("\u001b");
  });

  it("exits with 0 for a warning, and with 1 under --strict", async () => {
    const file = await platform(fixture("capacity/memory-overcommit", "fail"));
    expect((await keelson(["check", file, "--rule", "capacity"])).code).toBe(0);
    expect((await keelson(["check", file, "--rule", "capacity", "--strict"])).code).toBe(1);
  });

  it("exits with 2 for a missing or invalid file, an unknown rule and an unknown environment", async () => {
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

  it("prints the errors of an invalid file as a SARIF log, and exits with 2", async () => {
    const invalid = await platform("platform: shop\nservices:\n  web: { modules: [accounts], replicaz: 2 }\n");
    const logOf = async (...args: string[]) => {
      const { code, out, err } = await keelson(["check", ...args, "--format", "sarif"]);
      expect({ code, err }).toEqual({ code: 2, err: "" });
      const [run] = sarifLog.parse(JSON.parse(out)).runs;
      return run?.results.map(({ ruleId, locations }) => ({ ruleId, ...locations[0]?.physicalLocation }));
    };
    expect(await logOf(invalid)).toEqual([
      {
        ruleId: "spec/unknown-key",
        artifactLocation: { uri: `file://${join(directory, "platform.yaml")}` },
        region: { startLine: 3, startColumn: 31, endColumn: 39 },
      },
    ]);
    expect(await logOf("nowhere.yaml")).toEqual([
      {
        ruleId: "file/not-found",
        artifactLocation: { uri: `file://${join(directory, "nowhere.yaml")}` },
        region: { startLine: 1, startColumn: 1 },
      },
    ]);
  });

  it("identifies the file in a SARIF log relative to the repository's root, for any working directory", async () => {
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

  it("prints the errors of an invalid file as one JSON document, with --format json too", async () => {
    const file = await platform("platform: shop\nservces: {}\n");
    for (const options of [["--json"], ["--format", "json"], ["--format=json"]]) {
      const { code, out, err } = await keelson(["check", file, ...options]);
      expect({ code, err }).toEqual({ code: 2, err: "" });
      expect(JSON.parse(out)).toMatchObject({ file, diagnostics: [{ code: "spec/unknown-key" }] });
    }
  });

  it("applies safe fixes to the file and changes nothing else, comments included", async () => {
    const text = fixture("availability/pdb-blocks-drain", "fail");
    const file = await platform(text);
    const { code, err } = await keelson(["check", file, "--fix"]);
    expect(code).toBe(0);
    expect(err).toContain("fixed availability/pdb-blocks-drain");
    expect(await readFile(join(directory, file), "utf8")).toBe(text.replace("minAvailable: 2", "minAvailable: 1"));
  });

  it("renames misspelled keys, and then applies safe fixes", async () => {
    const fixable = fixture("availability/pdb-blocks-drain", "fail");
    const file = await platform(fixable.replace("services:", "servces:"));
    const { err } = await keelson(["check", file, "--fix"]);
    expect(err).toContain("fixed spec/unknown-key: `servces` is not a key of a platform file; renamed to services");
    expect(err).toContain("fixed availability/pdb-blocks-drain");
    expect(await readFile(join(directory, file), "utf8")).toContain("services:");
  });

  it("replaces the file atomically, with its permissions and behind its symbolic link", async () => {
    await platform(fixture("availability/pdb-blocks-drain", "fail"));
    await chmod(join(directory, "platform.yaml"), 0o664);
    await symlink("platform.yaml", join(directory, "link.yaml"));
    await keelson(["check", "link.yaml", "--fix"]);
    expect((await lstat(join(directory, "link.yaml"))).isSymbolicLink()).toBe(true);
    expect((await stat(join(directory, "platform.yaml"))).mode & 0o777).toBe(0o664);
    expect((await keelson(["check", "platform.yaml", "--rule", "availability/pdb-blocks-drain"])).code).toBe(0);
    expect(await readdir(directory)).toEqual(["link.yaml", "platform.yaml"]);
  });

  it("prints nothing of a file that a link out of the current directory leads to", async () => {
    const outside = await mkdtemp(join(tmpdir(), "keelson-check-secret-"));
    await writeFile(join(outside, "secret"), "password = topsecret\n");
    await writeFile(join(outside, "platform.yaml"), "password = topsecret\n");
    await symlink(join(outside, "secret"), join(directory, "platform.yaml"));
    await symlink("/proc/self/environ", join(directory, "environ.yaml"));
    await symlink(outside, join(directory, "production"));
    try {
      const commands = [
        ...["platform.yaml", join(directory, "platform.yaml"), "environ.yaml", "production"].map((file) => [
          "check",
          file,
        ]),
        ...[["check", "--format", "sarif"], ["check", "--fix"], ["plan"]],
      ];
      for (const args of commands) {
        const { code, out, err } = await keelson(args, { CI_SECRET: "topsecret" });
        expect({ code, text: out + err }).toEqual({ code: 2, text: expect.stringContaining("file/outside") });
        expect(out + err).not.toContain("topsecret");
      }
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it("keeps CRLF line ends when it applies a fix", async () => {
    const text = fixture("recovery/backup-unencrypted", "fail").replaceAll("\n", "\r\n");
    const file = await platform(text);
    const { err } = await keelson(["check", file, "--fix", "--rule", "recovery/backup-unencrypted"]);
    expect(err).toContain("fixed recovery/backup-unencrypted");
    const fixedText = await readFile(join(directory, file), "utf8");
    expect(fixedText).not.toBe(text);
    expect(fixedText.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  it("keeps a byte order mark", async () => {
    const file = await platform(`\uFEFF${fixture("availability/pdb-blocks-drain", "fail")}`);
    await keelson(["check", file, "--rule", "availability/pdb-blocks-drain", "--fix"]);
    const fixedText = await readFile(join(directory, file), "utf8");
    expect(fixedText.startsWith("\uFEFFplatform: ")).toBe(true);
    expect(fixedText).toContain("minAvailable: 1");
  });

  it("keeps CRLF line ends where a fix adds lines", async () => {
    const text =
      "platform: shop\ncloud: aws\nstores:\n  orders:\n    postgres: 17\n    objectives:\n      rpo: 1h\n".replaceAll(
        "\n",
        "\r\n",
      );
    const file = await platform(text);
    const { err } = await keelson(["check", file, "--fix", "--rule", "recovery/no-backup"]);
    expect(err).toContain("fixed recovery/no-backup");
    const fixedText = await readFile(join(directory, file), "utf8");
    expect(fixedText.split("\r\n").length).toBeGreaterThan(text.split("\r\n").length);
    expect(fixedText.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  it("places the findings of a folder in its platform.yaml", async () => {
    await platform(fixture("availability/rollout-stuck", "fail"));
    expect((await keelson(["check", "."])).out).toMatch(/^platform\.yaml:6:23 error /m);
  });

  it("prints that no automatic fixes are available", async () => {
    const file = await platform("platform: shop\nservices:\n  web: { modules: [engine] }\n");
    expect(await keelson(["check", file, "--fix"])).toMatchObject({ code: 0, err: "No automatic fixes available\n" });
  });

  it("lists its rules", async () => {
    const { out } = await keelson(["check", "--list-rules"]);
    expect(out).toMatch(/^recovery\/rpo-interval +error +backups or WAL archiving are too infrequent for the RPO$/m);
  });
});

describe("keelson promises", () => {
  const kept = `platform: shop
provide: embedded
services:
  web: { modules: [accounts], calls: [orders] }
stores:
  orders: { postgres: 17, size: 512Mi, backups: { full: 30m keep 2d, log: 30s keep 7d } }
objectives: { rto: 1m, rpo: 1m, except: [node-pressure, deletion] }
`;

  it("exits with 0 if every promise is kept, and prints the sheet", async () => {
    const { code, out } = await keelson(["promises", await platform(kept)]);
    expect(code).toBe(0);
    expect(out).toContain("shop in default: promised, predicted and measured recovery");
    expect(out).toMatch(/✓ 4 kept +· 2 not promised$/m);
  });

  it("exits with 1 if a promise is broken, and itemises it", async () => {
    const { code, out } = await keelson(["promises", await platform(kept.replace("size: 512Mi", "size: 100Gi"))]);
    expect(code).toBe(1);
    expect(out).toMatch(/restore of the backup \(100Gi ÷ 50M\/s\)/);
  });

  it("prints the sheet as JSON", async () => {
    const { out } = await keelson(["promises", await platform(kept), "--json"]);
    const sheet = JSON.parse(out);
    expect(sheet.rows.map(({ fault, subject }: { fault: string; subject: string }) => `${fault}/${subject}`)).toEqual([
      "process-crash/web",
      "process-crash/orders",
      "node-pressure/orders",
      "database-loss/orders",
      "backup-corruption/orders",
      "deletion/orders",
    ]);
    expect(sheet.rows[3].rto).toMatchObject({ promised: 60_000, verdict: "kept", predicted: { kind: "bounded" } });
  });

  it("explains one row, and lists the rows for an unknown one", async () => {
    const file = await platform(kept);
    expect((await keelson(["promises", file, "--explain", "database-loss/orders"])).out).toContain("# Restore orders");
    const unknown = await keelson(["promises", file, "--explain", "database-loss/ordres"]);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("database-loss/orders") });
  });

  it("shows what a promise depends on as a tree, as text and as JSON", async () => {
    const file = await platform(kept);
    const args = ["promises", file, "--explain", "database-loss/orders", "--tree"];
    expect((await keelson(args)).out).toMatch(/^database-loss \/ orders: kept\n├─ fault: /);
    const [tree] = JSON.parse((await keelson([...args, "--json"])).out);
    expect(tree).toMatchObject({ kind: "row", verdict: "kept" });
    expect(tree.children.map(({ kind }: { kind: string }) => kind)).toEqual(["fault", "subject", "promise", "promise"]);
    expect(await keelson(["promises", file, "--tree"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--explain"),
    });
  });

  it("explains a latency objective in the same way, as text, as a tree and as JSON", async () => {
    const text = `platform: shop
provide: in-cluster
services: { web: { image: "nginx:1.27.0", port: 80, load: { rate: 20/s, work: 20ms..80ms } } }
objectives: { latency: { p95: 1s } }
`;
    const args = ["promises", await platform(text), "--explain", "latency/web"];
    expect((await keelson(args)).out).toMatch(
      /^latency \/ web\n(.*\n){2}p95 within 1s promised, \d+ms predicted: kept\n.*platform\.yaml:4:15\n/,
    );
    expect((await keelson([...args, "--tree"])).out).toMatch(/^latency \/ web: kept\n├─ subject: web\n/);
    const shown = JSON.parse((await keelson([...args, "--json"])).out);
    expect([shown.rows, shown.latency]).toMatchObject([[], [{ subject: "web", of: "latency" }]]);
    const unknown = await keelson([...args.slice(0, 3), "firstToken/web"]);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("objectives: { firstToken: { p95: 2s } }") });
  });

  it("explains an availability objective in the same way, as text, as a tree and as JSON", async () => {
    const text = `platform: shop
cloud: aws
zones: 3
services:
  web: { image: "nginx:1.27.0", port: 80, calls: [api], replicas: 3 }
  api: { image: "nginx:1.27.0", port: 80 }
objectives: { availability: 99.9% }
`;
    const args = ["promises", await platform(text), "--explain", "availability/web"];
    const { out } = await keelson(args);
    expect(out).toMatch(
      /^availability \/ web\n(.*\n){2}99\.9% promised, [0-9.]+% predicted: \w+\n.*platform\.yaml:7:29\n/,
    );
    expect(out).toMatch(/[0-9.]+% {2}web \(3 replicas\)\n.*SLA: 99\.5 %; .*platform\.yaml:5:\d+\n/);
    const tree = (await keelson([...args, "--tree"])).out;
    expect(tree).toMatch(/^availability \/ web: \w+\n└─ 99\.9% promised/);
    expect(tree).toMatch(/% {2}api \(2 replicas\)\n(.*\n){3}.*called by web/);
    const shown = JSON.parse((await keelson([...args, "--json"])).out);
    expect([shown.rows, shown.availability]).toMatchObject([[], [{ subject: "web" }]]);
    const unknown = await keelson(["promises", await platform("platform: shop\n"), "--explain", "availability"]);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("objectives: { availability: 99.9% }") });
  });

  it("writes the objectives that OpenSLO can state, and names the others", async () => {
    const text = `platform: shop
provide: in-cluster
services: { web: { modules: [gateway], expose: true }, jobs: { image: "shop/jobs:1.0.0", port: 80, objectives: { latency: { p95: 1s } } } }
objectives: { availability: 99.9% }
observe: { metrics: prometheus }
`;
    const { code, out, err } = await keelson(["promises", await platform(text), "--format", "openslo"]);
    expect(code).toBe(0);
    const documents = out
      .split("---\n")
      .slice(1)
      .map((each) => parse(each));
    expect(documents.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "Service shop",
      "SLO web-availability",
    ]);
    expect(err).toBe("jobs-latency is not written: no component exports the latency of jobs\n");
  });

  it("rejects a data directory that does not exist", async () => {
    const { code, err } = await keelson(["promises", await platform(kept), "--data", "nowhere"]);
    expect(code).toBe(2);
    expect(err).toMatch(/the data directory \/.*\/nowhere does not exist$/m);
  });
});

describe("keelson check and keelson promises", () => {
  const platformWith = (objectives: string): string =>
    `platform: shop\nprovide: in-cluster\nzones: 3\nservices:\n  web: { modules: [engine], replicas: 2, spread: zones, expose: true }\nentrance: { balancer: { check: 5s, failures: 3 } }\nobjectives: ${objectives}\nobserve: { metrics: prometheus }\n`;

  it.each([
    ["kept", "{ rto: 4h }", 0, "✓ 11 kept"],
    // The loss of the control plane alone is no outage.
    ["broken", "{ rto: 1s }", 1, "✓ 1 kept   ✗ 10 broken"],
    [
      "unknown, such as an availability without an SLA",
      "{ rto: 4h, availability: 99.9% }",
      1,
      "✓ 11 kept   ? 1 unknown",
    ],
  ])("agree on promises that are %s, and the last line of the sheet counts them", async (_, objectives, code, last) => {
    const file = await platform(platformWith(objectives));
    const sheet = await keelson(["promises", file]);
    expect({ code: sheet.code, last: sheet.out.trimEnd().split("\n").at(-1) }).toEqual({ code, last });
    expect((await keelson(["check", file])).code).toBe(code);
  });
});

describe("keelson with invalid arguments", () => {
  const misused: readonly (readonly [string, readonly string[], string, string])[] = [
    ["an unknown command", ["chek"], "unknown command 'chek'", "did you mean check?"],
    ["a command of other tools", ["ps"], "unknown command 'ps'", "did you mean status?"],
    ["help for an unknown command", ["help", "chek"], "unknown command 'chek'", "did you mean check?"],
    ["an unknown option", ["check", "--strit"], "unknown option '--strit'", "did you mean --strict?"],
    ["an invalid choice", ["check", "--format", "xml"], "invalid value 'xml' for --format", "text, json, sarif"],
    ["an option without its value", ["promises", "--data"], "option '--data <directory>' argument missing", "--help"],
    ["too many arguments", ["plan", "a.yaml", "b.yaml"], "too many arguments", "--help"],
    ["a group without a command", ["keys"], "no command was given", "--help"],
  ];

  it.each(misused)("%s: exits with 2 and prints the error to stderr", async (_what, words, message, hint) => {
    const { code, out, err } = await keelson(words);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("error usage ");
    expect(err).toContain(message);
    expect(err).toContain(hint);
  });

  it.each(misused)("%s: prints one JSON document to stdout with --json", async (_what, words, message, hint) => {
    // Before the invalid arguments, so that --json is not read as the value of one of them.
    const { code, out } = await keelson([...words.slice(0, 1), "--json", ...words.slice(1)]);
    expect(code).toBe(2);
    const { error, ...rest } = JSON.parse(out);
    expect(rest).toEqual({});
    expect(error.code).toBe("usage");
    expect(`${error.message}\n${error.hint}`).toContain(hint);
    if (words.length > 1 || words[0] !== "keys") expect(error.message).toContain(message);
  });

  it("exits with 0 for help", async () => {
    expect(await keelson(["check", "--help"])).toMatchObject({ code: 0, err: "" });
  });
});
