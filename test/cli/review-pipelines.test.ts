import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
let directory = "";
let repository = "";

const platform = (size: string) => `platform: shop
services:
  accounts: { modules: [accounts], calls: [orders] }
stores:
  orders: { postgres: 17, size: ${size}, backups: { full: daily keep 30d, log: 5m keep 7d } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
objectives: { rto: 3h, rpo: 10m }
`;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-review-"));
  repository = join(directory, "repository");
  await mkdir(join(directory, "bin"));
  await mkdir(repository);
  // The real program under the name that a pipeline downloads, and services of the code hosts that keep what they receive.
  await program("npx", `shift 2; exec ${process.execPath} ${join(root, "bin", "keelson.js")} "$@"`);
  const keep = `printf '%s\\n' "$@" > ${directory}/sent
previous=
for word; do
  case "$word" in body@*) cp "\${word#body@}" ${directory}/comment.md;; esac
  if [ "$previous" = --body-file ]; then cp "$word" ${directory}/comment.md; fi
  previous=$word
done`;
  await program("gh", keep);
  await program("curl", keep);
  await writeFile(join(repository, "platform.yaml"), platform("10G"));
  await git("init", "--quiet");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "A small database");
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function program(name: string, script: string): Promise<void> {
  const path = join(directory, "bin", name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

async function git(...args: readonly string[]): Promise<void> {
  const identity = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "init.defaultBranch=main"];
  await execute("git", [...identity, ...args], { cwd: repository });
}

/** The pipeline file with this name in docs/reviews.md. */
async function pipeline(name: string): Promise<unknown> {
  const page = await readFile(join(root, "docs", "reviews.md"), "utf8");
  const block = [...page.matchAll(/```yaml\n# (\S+)\n(.*?)```/gs)].find(([, file]) => file === name);
  return parse(block?.[2] ?? "");
}

/** Runs the script of a job as the code host does: with `bash -e`, in the repository. */
async function job(script: string, variables: Readonly<Record<string, string>>): Promise<number> {
  const env = { ...process.env, ...variables, PATH: `${join(directory, "bin")}:${process.env["PATH"]}` };
  return execute("bash", ["-e", "-c", script], { cwd: repository, env }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}

const step = z.object({ env: z.record(z.string(), z.string()), run: z.string() });
const github = z.object({
  jobs: z.object({
    promises: z.object({
      steps: z.tuple([z.object({ uses: z.string(), with: z.record(z.string(), z.unknown()) }), step, step]),
    }),
  }),
});
const gitlab = z.object({ promises: z.object({ script: z.tuple([z.string()]) }) });

describe("the pipelines of docs/reviews.md", () => {
  it("comment on a pull request and fail if a promise is lost", async () => {
    const [checkout, compare, comment] = github.parse(await pipeline(".github/workflows/promises.yml")).jobs.promises
      .steps;
    // What a pull request contains, such as `node_modules`, runs in the step that compares: it has no credential.
    expect(checkout).toMatchObject({
      uses: expect.stringMatching(/@[0-9a-f]{40}$/),
      with: { "persist-credentials": false },
    });
    expect(Object.keys(compare.env)).toEqual(["BASE"]);
    expect(Object.keys(comment.env)).toEqual(["GH_TOKEN", "PULL_REQUEST"]);
    const variables = { BASE: "main", PULL_REQUEST: "7", RUNNER_TEMP: directory };
    expect(await job(compare.run, variables)).toBe(0);
    expect(await job(comment.run, variables)).toBe(0);
    expect(await readFile(join(directory, "comment.md"), "utf8")).toContain("no promise changes");
    await writeFile(join(repository, "platform.yaml"), platform("900G"));
    expect(await job(compare.run, variables)).toBe(1);
    expect(await job(comment.run, variables)).toBe(0);
    expect(await readFile(join(directory, "comment.md"), "utf8")).toContain(
      "| **lost** | orders | RTO in database-loss |",
    );
    expect((await readFile(join(directory, "sent"), "utf8")).split("\n").slice(0, 3)).toEqual(["pr", "comment", "7"]);
  });

  it("comment on a merge request and fail if a promise is lost", async () => {
    const [script] = gitlab.parse(await pipeline(".gitlab-ci.yml")).promises.script;
    const variables = {
      CI_MERGE_REQUEST_DIFF_BASE_SHA: "HEAD",
      CI_API_V4_URL: "https://gitlab.example.com/api/v4",
      CI_PROJECT_ID: "3",
      CI_MERGE_REQUEST_IID: "7",
      KEELSON_REVIEW_TOKEN: "token",
    };
    await writeFile(join(repository, "platform.yaml"), platform("900G"));
    expect(await job(script, variables)).toBe(1);
    expect(await readFile(join(directory, "comment.md"), "utf8")).toContain(
      "| **lost** | orders | RTO in database-loss |",
    );
    const sent = await readFile(join(directory, "sent"), "utf8");
    expect(sent).toContain("body@");
    expect(sent).toContain("https://gitlab.example.com/api/v4/projects/3/merge_requests/7/notes");
  });

  it("comment on no file that the change puts in the place of the comment", async () => {
    const secret = join(directory, "secret");
    await writeFile(secret, "a file of the machine\n", { mode: 0o444 });
    await symlink(secret, join(repository, "promises.md"));
    const [script] = gitlab.parse(await pipeline(".gitlab-ci.yml")).promises.script;
    expect(await job(script, { CI_MERGE_REQUEST_DIFF_BASE_SHA: "HEAD" })).toBe(0);
    expect(await readFile(join(directory, "comment.md"), "utf8")).toContain("no promise changes");
    expect(await readFile(secret, "utf8")).toBe("a file of the machine\n");
  });

  it("fail without a comment if the file is invalid", async () => {
    const [script] = gitlab.parse(await pipeline(".gitlab-ci.yml")).promises.script;
    await writeFile(join(repository, "platform.yaml"), "platform: [\n");
    expect(await job(script, { CI_MERGE_REQUEST_DIFF_BASE_SHA: "HEAD" })).toBe(2);
    await expect(readFile(join(directory, "comment.md"))).rejects.toThrow("ENOENT");
  });
});
