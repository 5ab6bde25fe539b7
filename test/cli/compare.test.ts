import { execFile } from "node:child_process";
import { access, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sarifLog } from "../support/check/sarif-log.js";
import { keelson as run } from "../support/local/keelson.js";

const execute = promisify(execFile);
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-compare-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const platform = (size: string) => `platform: shop
services:
  accounts: { modules: [accounts], calls: [orders] }
stores:
  orders: { postgres: 17, size: ${size}, backups: { full: daily keep 30d, log: 5m keep 7d } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
objectives: { rto: 3h, rpo: 10m }
environments:
  production: { cloud: aws, zones: 3 }
  staging: {}
`;
const promises = (...args: readonly string[]) => run(directory, ["promises", ...args]);
const write = (text: string) => writeFile(join(directory, "platform.yaml"), text);

async function git(...args: readonly string[]): Promise<void> {
  const identity = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "init.defaultBranch=main"];
  await execute("git", [...identity, ...args], { cwd: directory });
}

/** A repository whose newest commit has a database of 10 GB. */
async function committed(text = platform("10G")): Promise<void> {
  await write(text);
  await git("init", "--quiet");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "A small database");
}

describe("keelson promises --against", () => {
  it("compares the file with a revision of its repository, and exits with 1 if a promise is lost", async () => {
    await committed();
    expect(await promises("--against", "HEAD")).toMatchObject({
      code: 0,
      out: expect.stringContaining("no promise changes"),
    });
    await write(platform("900G"));
    const { code, out } = await promises("--against", "main");
    expect(code).toBe(1);
    expect(out).toContain("platform.yaml against main:platform.yaml");
    expect(out).toMatch(/lost +orders: RTO in database-loss: 3h promised/);
    expect(out).toMatch(/restore of the backup \S+ → /);
  });

  it("compares one environment, in a folder below the repository's root, as JSON and Markdown", async () => {
    await committed();
    await mkdir(join(directory, "sub"));
    await git("mv", "platform.yaml", "sub/platform.yaml");
    await git("commit", "--quiet", "--message", "Move it");
    await writeFile(join(directory, "sub", "platform.yaml"), platform("900G"));
    const { out } = await promises("sub", "--against", "HEAD", "-e", "staging", "--json");
    const { environments } = JSON.parse(out);
    expect(environments.map((each: { environment: string }) => each.environment)).toEqual(["staging"]);
    const markdown = await promises("sub", "--against", "HEAD", "--format", "markdown");
    expect(markdown).toMatchObject({ code: 1, err: "" });
    expect(markdown.out).toContain("| **lost** | orders | RTO in database-loss |");
  });

  it("reports each change in its line as SARIF, with a lost promise as the only error", async () => {
    await committed();
    await write(platform("900G").replace("rpo: 10m", "rpo: 5m").replace("  staging: {}\n", ""));
    const { code, out } = await promises("--against", "HEAD", "--format", "sarif");
    expect(code).toBe(1);
    const [run] = sarifLog.parse(JSON.parse(out)).runs;
    const errors = run?.results.filter(({ level }) => level === "error") ?? [];
    expect(new Set(errors.map(({ ruleId }) => ruleId))).toEqual(new Set(["promise/lost"]));
    const lost = errors.find(({ message }) => message.text.startsWith("orders: RTO in database-loss: 3h promised"));
    expect(lost).toMatchObject({
      message: { text: expect.stringContaining("restore of the backup") },
      properties: { environments: ["production"], path: "stores.orders" },
      locations: [
        { physicalLocation: { artifactLocation: { uri: "platform.yaml" }, region: { startLine: 7, startColumn: 20 } } },
      ],
    });
    const removed = run?.results.find(({ ruleId }) => ruleId === "promise/removed");
    expect(removed?.properties.environments).toEqual(["staging"]);
    expect(removed?.locations[0]?.physicalLocation.region).toEqual({ startLine: 1, startColumn: 1 });
    expect(await promises("--what-if", "a=1", "--format", "sarif")).toMatchObject({ code: 2 });
    expect(await promises("--format", "sarif")).toMatchObject({ code: 2 });
  });

  it("reports an environment that neither version has", async () => {
    await committed();
    expect(await promises("--against", "HEAD", "-e", "nowhere")).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is no environment `nowhere`"),
    });
  });

  it("compares with another file, also outside of a repository", async () => {
    await write(platform("900G"));
    await writeFile(join(directory, "before.yaml"), platform("10G"));
    const { code, out } = await promises("platform.yaml", "--against", "before.yaml");
    expect(code).toBe(1);
    expect(out).toContain("platform.yaml against before.yaml");
  });

  it("names what it cannot read: a revision, a repository, an earlier version that is invalid", async () => {
    await write(platform("10G"));
    const failed = (...args: readonly string[]) => promises(...args);
    expect(await failed("--against", "HEAD")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/revision\/unreadable cannot read platform.yaml at HEAD: not a git repository/),
    });
    await committed();
    for (const revision of ["nowhere", "--output=leak", "HEAD~9"]) {
      const { code, err } = await failed(`--against=${revision}`);
      expect({ revision, code }).toEqual({ revision, code: 2 });
      expect(err).toContain(`at ${revision}: `);
    }
    await write("platform: shop\nservicez: {}\n");
    await git("commit", "--quiet", "--all", "--message", "An invalid version");
    await write(platform("10G"));
    const invalid = await failed("--against", "HEAD");
    expect(invalid).toMatchObject({ code: 2, err: expect.stringContaining("HEAD:platform.yaml:2:1") });
  });
});

describe("the author of a change", () => {
  /** The change: a database that cannot be restored in time. It must be found whatever else the change contains. */
  const lost = async (against = "origin/main") => {
    const { code, out, err } = await promises("--against", against);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toContain(`platform.yaml against ${against}:platform.yaml`);
    expect(out).toMatch(/lost +orders: RTO in database-loss/);
  };
  const replaceByLink = async (target: string) => {
    await rm(join(directory, "platform.yaml"));
    await symlink(target, join(directory, "platform.yaml"));
  };

  beforeEach(async () => {
    await mkdir(join(directory, "old"));
    await writeFile(join(directory, "old", "platform.yaml"), platform("900G"));
    await committed();
    await git("update-ref", "refs/remotes/origin/main", "HEAD");
    await write(platform("900G"));
  });

  it("cannot add a file with the name of the revision that it is compared with", async () => {
    await mkdir(join(directory, "origin", "main"), { recursive: true });
    await writeFile(join(directory, "origin", "main", "platform.yaml"), platform("900G"));
    await lost();
    await writeFile(join(directory, "HEAD"), platform("900G"));
    await lost("HEAD");
    expect(await promises("--against", "./origin/main")).toMatchObject({ code: 0 });
  });

  it("cannot compare another file of the revision with itself, by a link", async () => {
    await replaceByLink("old/platform.yaml");
    await lost();
    await git("add", ".");
    await git("commit", "--quiet", "--message", "Link it");
    expect(await promises("--against", "HEAD")).toMatchObject({ code: 0 });
  });

  it("cannot have git read a repository, and start its programs, that the change contains", async () => {
    const bare = join(directory, "bare");
    for (const name of ["HEAD", "objects", "refs"])
      await cp(join(directory, ".git", name), join(bare, name), { recursive: true });
    const started = join(directory, "started");
    await writeFile(
      join(bare, "config"),
      `[core]
  repositoryformatversion = 1
  bare = false
  worktree = .
[extensions]
  partialClone = origin
[remote "origin"]
  url = ext::sh -c "touch% ${started}"
  promisor = true
[protocol "ext"]
  allow = always
`,
    );
    await writeFile(join(bare, "platform.yaml"), platform("900G"));
    const missing = "1234567890123456789012345678901234567890";
    // The configuration is one that git obeys.
    await expect(execute("git", ["show", `${missing}:platform.yaml`], { cwd: bare })).rejects.toThrow();
    await access(started);
    await rm(started);
    await replaceByLink("bare/platform.yaml");
    await lost();
    for (const file of [".", "bare"])
      expect(await promises(file, "--against", missing)).toMatchObject({
        code: 2,
        err: expect.stringContaining("there is no such revision"),
      });
    await expect(access(started)).rejects.toThrow("ENOENT");
  });
});

describe("keelson promises --what-if", () => {
  it("shows what an edit would change, and leaves the file as it is", async () => {
    await write(platform("10G"));
    const { code, out } = await promises("--what-if", "stores.orders.size=900G");
    expect(code).toBe(1);
    expect(out).toMatch(/lost +orders: RTO in database-loss/);
    expect(await readFile(join(directory, "platform.yaml"), "utf8")).toBe(platform("10G"));
  });

  it("applies several edits together, and removes a key without a value", async () => {
    await write(platform("900G"));
    const { code, out } = await promises("--what-if", "stores.orders.size=10G", "services.accounts.calls=");
    expect(code).toBe(0);
    expect(out).toMatch(/gained +orders: RTO in database-loss/);
  });

  it("reports an edit that is none, an unknown key, and an invalid value", async () => {
    await write(platform("10G"));
    const edit = (text: string) => promises("--what-if", text);
    expect(await edit("stores.orders.size")).toMatchObject({ code: 2, err: expect.stringContaining("PATH=VALUE") });
    expect(await edit("stores.orders.sise=1G")).toMatchObject({ code: 2, err: expect.stringContaining("size") });
    expect(await edit("stores.orders.size=[")).toMatchObject({ code: 2, err: expect.stringContaining("not YAML") });
    expect(await promises("--what-if", "a=1", "--explain", "database-loss")).toMatchObject({ code: 2 });
  });
});

describe("keelson check --against", () => {
  it("reports only what the other version does not have", async () => {
    const check = async (...args: readonly string[]) => {
      const { code, out } = await run(directory, ["check", "--json", ...args]);
      const { findings } = JSON.parse(out) as { findings: readonly { code: string; message: string }[] };
      return { code, messages: findings.map(({ message }) => message) };
    };
    // The log is shipped every 5 minutes.
    const lossy = (size: string) => platform(size).replace("rpo: 10m", "rpo: 1m");
    await committed(lossy("10G"));
    const before = await check();
    expect(before).toMatchObject({ code: 1, messages: expect.arrayContaining([expect.stringContaining("RPO")]) });
    expect(await check("--against", "HEAD")).toEqual({ code: 0, messages: [] });
    await write(lossy("900G"));
    const after = await check("--against", "HEAD");
    expect(after.code).toBe(1);
    expect(after.messages.length).toBeGreaterThan(0);
    for (const message of after.messages) expect(message).toMatch(/RTO|restore/);
  });
});
