import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ReportedAct, reportedActs } from "../../src/contracts/audit.js";
import { personHeader, personIn } from "../../src/contracts/platform-token.js";
import { type Acts, startActs } from "../../src/local/acts.js";

let directory: string;
let server: Server;
let url: string;
let recorded: ReportedAct[];
/** The next responses of the accounts module; 204 after these. */
let responses: number[];
let problems: string[];
let opened: Acts[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "keelson-acts-"));
  recorded = [];
  responses = [];
  problems = [];
  opened = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const status = responses.shift() ?? 204;
      if (status === 204) recorded.push(...reportedActs.parse(JSON.parse(Buffer.concat(chunks).toString("utf8"))).acts);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
});

afterEach(async () => {
  for (const acts of opened) await acts.stop();
  server.close();
  server.closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

async function open(reachable = true): Promise<Acts> {
  const acts = await startActs(
    directory,
    async () => (reachable ? { url, token: "t" } : undefined),
    (problem) => problems.push(problem),
  );
  opened.push(acts);
  return acts;
}

const stop = { act: "platform.stop", actor: "os:ann", subject: "starter" } as const;

describe("the journal of acts on the platform", () => {
  test("sends an act with its outcome and the subject of its result, also one that fails", async () => {
    const acts = await open();
    const started = { act: "drill.start", actor: "user:usr_1", subject: "process-crash" } as const;
    await acts.during(
      started,
      async () => ({ id: "drill-1" }),
      ({ id }) => id,
    );
    await expect(acts.during(started, () => Promise.reject(new Error("drill 1 is in progress")))).rejects.toThrow();
    await acts.stop();
    expect(recorded).toMatchObject([
      { act: "drill.start", actor: "user:usr_1", subject: "drill-1", detail: { outcome: "done" } },
      { act: "drill.start", subject: "process-crash", detail: { outcome: "failed: drill 1 is in progress" } },
    ]);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("keeps acts while the audit log is unreachable, and sends them after the next start", async () => {
    const first = await open(false);
    await first.record(stop);
    // The process is killed in the middle of this one.
    void first.during({ ...stop, act: "backup.create" }, () => new Promise(() => undefined));
    await expect.poll(() => readdirSync(directory).filter((name) => name.endsWith(".json")).length).toBe(2);
    const second = await open();
    await second.stop();
    expect(recorded.map(({ act }) => act)).toEqual(["platform.stop", "backup.create"]);
  });

  test("bounds what a caller names, which the log could not store otherwise", async () => {
    const acts = await open();
    await acts.record({ act: "backup.verify", actor: "os:ann", subject: `${"x".repeat(10_000)}` });
    const cause = new Error(`there is no backup a\u0000b ${"y".repeat(10_000)}`);
    const failing = acts.during({ act: "backup.verify", actor: "os:ann", subject: "a\u0000\ud800b" }, () =>
      Promise.reject(cause),
    );
    await expect(failing).rejects.toThrow();
    await acts.stop();
    expect(recorded.map(({ subject }) => subject)).toEqual([`${"x".repeat(199)}…`, "a\\x00\\ud800b"]);
    expect(recorded[1]?.detail["outcome"]).toMatch(/^failed: there is no backup a\\x00b y{400,}…$/);
  });

  test.each([
    ["is no act", '{"act": "unknown"}', 204],
    ["is incomplete", '{"act": "platf', 204],
    ["is refused by the audit log", undefined, 400],
  ])("sets aside a file that %s, and sends the later ones", async (_what, content, status) => {
    const acts = await open(false);
    if (content === undefined) await acts.record(stop);
    else writeFileSync(join(directory, "00000000000000-first.json"), content);
    await acts.record({ ...stop, act: "backup.create" });
    responses = status === 204 ? [] : [status];
    const later = await open();
    await later.stop();
    expect(recorded.map(({ act }) => act)).toEqual(["backup.create"]);
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/\.json\.refused$/)]);
    expect(problems).toEqual([expect.stringContaining(".refused")]);
  });

  test("keeps an act that the audit log cannot store now", async () => {
    responses = [503];
    const acts = await open();
    await acts.record(stop);
    await expect.poll(() => problems.length).toBe(1);
    await acts.stop();
    expect(recorded).toMatchObject([stop]);
  });
});

describe("the name of the person who acts", () => {
  test.each(["ann", "os:ann", "user:usr_1", "josé", "EXAMPLE\\ann", "ann smith", "a%20b", "安"])(
    "%s is passed on",
    (name) => {
      expect(personIn(personHeader(name))).toBe(name);
      expect(personHeader(name)).toMatch(/^[\x20-\x7e]*$/);
    },
  );

  test.each([undefined, "", "%", "%0a", "a%1b[31m", "a%E2%80%AEb", "x".repeat(101)])(
    "is not taken from %j",
    (header) => {
      expect(personIn(header)).toBeUndefined();
    },
  );

  test("is passed on without control characters that a header cannot contain", () => {
    expect(personHeader("a\r\nx: y\ud800")).toMatch(/^[\x20-\x7e]*$/);
  });
});
