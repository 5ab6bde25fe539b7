import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { lastRestoreSchema, RESTORE_STEPS, restorePreviewSchema } from "../../src/contracts/restore.js";
import { callControl } from "../../src/local/control/client.js";
import { serverProcesses } from "../../src/postgres/strays.js";
import { send } from "../support/accounts/platform.js";
import { getInternally } from "../support/gateway/gateway.js";
import { type Cleanups, chat, keelson, type Up, until, untilNone, up } from "../support/local/keelson.js";
import { onTerminal } from "../support/local/terminal.js";
import { timeBetween } from "../support/recovery/time-between.js";
import { counted, ledger } from "../support/recovery/usage-ledger.js";

const COUNTED_WITHIN_MS = 20_000;

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const run = async (platform: Up, ...args: string[]) =>
  keelson(platform.cwd, [...args, "--data", platform.data], { timeout: 120_000 });

/** The values of the metrics without labels. */
async function scrape(platform: Up): Promise<ReadonlyMap<string, number>> {
  const lines = (await (await getInternally(platform.url, "/metrics", join(platform.data, "secrets"))).text()).split(
    "\n",
  );
  return new Map(lines.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]));
}

/** A backup that fails is shown by status, log and metrics until one succeeds. */
async function leavesTrace(platform: Up): Promise<void> {
  const repository = join(platform.data, "backups");
  const backups = join(repository, readdirSync(repository).find((name) => /^[0-9]+$/.test(name)) ?? "", "backups");
  renameSync(backups, `${backups}.moved`);
  writeFileSync(backups, "");
  const failed = await run(platform, "backup", "--json");
  expect(failed.code).toBe(1);
  const status = JSON.parse((await run(platform, "status", "--json")).out);
  expect(status).toMatchObject({ state: "degraded", backups: { failing: { reason: expect.any(String) } } });
  expect((await scrape(platform)).get("keelson_backup_failing")).toBe(1);
  expect(readFileSync(join(platform.data, "logs/keelson.log"), "utf8")).toContain("the backup failed: ");
  rmSync(backups);
  renameSync(`${backups}.moved`, backups);
  expect((await run(platform, "backup", "--no-verify", "--json")).code).toBe(0);
  expect((await scrape(platform)).get("keelson_backup_failing")).toBe(0);
}

/** A backup and a verification by the admin API: they continue after the response, one at a time, and are in the audit log. */
async function byAdminApi(platform: Up): Promise<void> {
  const key = readFileSync(join(platform.data, "secrets/internal/operator-token"), "utf8").trim();
  const call = (method: string, path: string, body?: unknown) => send(platform.url, method, path, { key, body });
  const ended = async () => {
    const state = async () => (await call("GET", "/admin/recovery")).body;
    await until(async () => (await state()).backups.requested.state !== "running", 60_000, "the end of the work");
    return state();
  };
  const started = await call("POST", "/admin/backups", {});
  expect(started).toMatchObject({ status: 202, body: { kind: "backup", state: "running" } });
  expect(await call("POST", "/admin/backups", {})).toMatchObject({
    status: 409,
    body: { error: { code: "backup/running" } },
  });
  const { backups, archive } = await ended();
  expect(backups.requested).toMatchObject({ kind: "backup", state: "finished", valid: true });
  expect(backups.newest.id).toBe(backups.requested.backup);
  expect(backups.next).toBeGreaterThan(Date.now());
  expect(archive).toMatchObject({ last: { at: expect.any(Number) }, backlog: { files: expect.any(Number) } });

  expect(await call("POST", "/admin/backups/20200101T000000Z/verify", {})).toMatchObject({
    status: 404,
    body: { error: { code: "backup/unknown" } },
  });
  const { id } = backups.newest;
  expect((await call("POST", `/admin/backups/${id}/verify`, {})).status).toBe(202);
  expect((await ended()).backups.requested).toMatchObject({ kind: "verification", backup: id, valid: true });

  const acts = async () => (await call("GET", "/admin/audit")).body.entries;
  const recorded = async (act: string, subject: string) =>
    (await acts()).find((entry: Record<string, unknown>) => entry["act"] === act && entry["subject"] === subject);
  await until(async () => (await recorded("backup.verify", id))?.detail.outcome === "done", 20_000, "the audit entry");
  expect(await recorded("backup.verify", id)).toMatchObject({ organisation: null, actor: "operator" });
  expect(await recorded("backup.create", "starter")).toMatchObject({ detail: { verify: true, outcome: "done" } });
}

describe("backup, backups and restore", () => {
  test("restore a running platform to a point in time, and keep the previous data directory", async () => {
    const platform = await up(cleanups);
    const early = await counted(platform, COUNTED_WITHIN_MS);
    const backup = await run(platform, "backup", "--json");
    expect(JSON.parse(backup.out)).toMatchObject({ encrypted: true, verification: { valid: true, findings: [] } });
    const metrics = await scrape(platform);
    expect(metrics.get("keelson_backup_newest_valid")).toBe(1);
    expect(metrics.get("keelson_backup_age_seconds")).toBeLessThan(120);
    expect(metrics.get("keelson_backup_verified_age_seconds")).toBeLessThan(120);
    expect(metrics.get("keelson_backup_failing")).toBe(0);
    expect(metrics.get("keelson_database_log_backlog_files")).toBeLessThan(5);
    expect(metrics.get("keelson_database_size_bytes")).toBeGreaterThan(20e6);
    expect(metrics.get("keelson_database_declared_size_bytes")).toBe(512 * 2 ** 20);
    expect(metrics.get("keelson_database_disk_free_bytes")).toBeGreaterThan(0);
    const before = await counted(platform, COUNTED_WITHIN_MS);
    const moment = new Date(await timeBetween()).toISOString();
    const after = await counted(platform, COUNTED_WITHIN_MS);

    const socket = join(platform.data, "control.sock");
    const body = { id: "latest", at: Date.parse(moment) };
    const preview = await callControl(socket, "/restore/preview", restorePreviewSchema, { method: "POST", body });
    expect(preview).toMatchObject({ backup: { id: JSON.parse(backup.out).id, valid: true }, newestData: body.at });
    expect(preview.lostMs).toBeGreaterThan(0);
    expect(preview.estimate?.preparationMs).toBeGreaterThan(0);
    expect(await callControl(socket, "/restore", lastRestoreSchema)).toEqual({});

    const restored = await run(platform, "restore", "--yes", "latest", "--at", moment, "--json");
    expect(restored.code, restored.out).toBe(0);
    const { restore } = await callControl(socket, "/restore", lastRestoreSchema);
    expect(restore).toMatchObject({ state: "finished", backup: preview.backup.id });
    expect(restore?.steps.map(({ name }) => name)).toEqual(RESTORE_STEPS.filter((name) => name !== "roll-back"));
    const ids = await ledger(platform);
    expect(ids).toEqual(expect.arrayContaining([early, before]));
    expect(ids).not.toContain(after);
    expect(existsSync(JSON.parse(restored.out).kept)).toBe(true);
    // The next loss is restored from a backup of the new timeline.
    const newest = async () => (await platform.status()).backups.newest;
    const taken = async () => (await newest())?.valid === true && (await newest())?.id !== preview.backup.id;
    await until(taken, 60_000, "a full backup after the restore");
    expect((await chat(platform)).status).toBe(200);

    await leavesTrace(platform);
    await byAdminApi(platform);
  }, 240_000);

  test("restore an idle platform to a time after the last write", async () => {
    const platform = await up(cleanups);
    const id = await counted(platform, COUNTED_WITHIN_MS);
    expect((await run(platform, "backup", "--json")).code).toBe(0);
    const later = await counted(platform, COUNTED_WITHIN_MS);
    // The platform is idle: no transaction ends for two seconds before and one second after the time.
    await sleep(3000);
    const moment = new Date(Date.now() - 1000).toISOString();
    const before = await platform.status();

    const copy = await run(platform, "restore", "latest", "--to", join(platform.cwd, "copy"), "--at", moment, "--json");
    expect(copy.code, copy.err).toBe(0);
    const { newest } = JSON.parse(copy.out);
    expect(newest === null || newest < moment, newest).toBe(true);
    const restored = await run(platform, "restore", "--yes", "latest", "--at", moment, "--json");
    expect(restored.code, restored.err).toBe(0);
    expect(await ledger(platform)).toEqual(expect.arrayContaining([id, later]));
    expect((await chat(platform)).status).toBe(200);
    // It recovers at the first attempt: each process was stopped and started once.
    const restarts = ({ processes }: typeof before) => processes.map((each) => each.restarts);
    expect(restarts(await platform.status())).toEqual(restarts(before).map((count) => count + 1));
  }, 240_000);

  test("stop nothing for a time that is not archived, and report why", async () => {
    const platform = await up(cleanups);
    await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a valid backup");
    await counted(platform, COUNTED_WITHIN_MS);
    const before = await platform.status();
    // The server can neither request the archiving of a segment nor record that one is finished: none reaches the repository.
    for (const file of readdirSync(platform.data, { recursive: true, encoding: "utf8" })) {
      if (file.endsWith("archive.sh")) rmSync(join(platform.data, file));
      if (file.endsWith("/archive_status")) renameSync(join(platform.data, file), join(platform.data, `${file}.moved`));
    }
    const refused = await run(platform, "restore", "--yes", "latest", "--at", new Date().toISOString());
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/error log\/not-archived the log up to 20.* is not in the repository: log segment/);

    // Nothing is replaced before the name of the platform was typed.
    const unconfirmed = await run(platform, "restore", "latest");
    expect(unconfirmed).toMatchObject({ code: 2, out: "" });
    expect(unconfirmed.err).toContain("error confirm/required this operation destroys data");
    expect(unconfirmed.err).toContain("This replaces the database of the running platform by backup ");
    expect(unconfirmed.err).toMatch(/hint: .*--yes/);
    const declined = onTerminal(platform.cwd, ["restore", "latest", "--data", platform.data], "yes\n");
    expect(declined.shown).toContain("Type starter to continue: ");
    expect(declined.shown).toContain("error confirm/declined not confirmed; nothing was changed");
    expect(declined.code).toBe(1);

    const pids = ({ processes }: typeof before) => processes.map(({ name, pid }) => ({ name, pid }));
    expect(pids(await platform.status())).toEqual(pids(before));
    expect((await chat(platform)).status).toBe(200);
  }, 120_000);

  test("work without a running platform", async () => {
    const platform = await up(cleanups);
    await counted(platform, COUNTED_WITHIN_MS);
    await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a valid backup");
    // A killed platform leaves its state file behind.
    platform.child.kill("SIGKILL");
    await untilNone(() => serverProcesses(join(platform.data, "postgres/data")), 20_000);

    const list = await run(platform, "backups", "--json");
    const { backups } = JSON.parse(list.out);
    expect(backups).toHaveLength(1);
    expect(backups[0]).toMatchObject({ verification: { valid: true } });
    const verified = await run(platform, "backups", "verify", "latest", "--json");
    expect(JSON.parse(verified.out)).toMatchObject({ id: backups[0].id, verification: { valid: true } });

    const copy = join(platform.cwd, "copy");
    const restored = await run(platform, "restore", backups[0].id, "--to", copy, "--json");
    expect(JSON.parse(restored.out)).toMatchObject({ id: backups[0].id, to: copy });
    for (const file of ["PG_VERSION", "backup_label", "recovery.signal"])
      expect(existsSync(join(copy, file))).toBe(true);
    const again = await run(platform, "restore", "latest", "--to", copy);
    expect(again).toMatchObject({ code: 1 });
    expect(again.err).toContain("error restore/not-empty");

    const interrupt = new AbortController();
    const other = ["restore", "latest", "--data", platform.data, "--to", join(platform.cwd, "other")];
    const cancelled = keelson(platform.cwd, other, { interrupt: interrupt.signal });
    const temporary = () => readdirSync(platform.cwd).some((name) => /^other\.restore-\w+\.tmp$/.test(name));
    await until(async () => temporary(), 30_000, "the start of the restore");
    interrupt.abort();
    expect(await cancelled).toMatchObject({ code: 1, out: "" });
    expect((await cancelled).err).toContain("error restore/cancelled");
    expect(readdirSync(platform.cwd).sort()).toEqual(["copy", "data"]);
  }, 240_000);

  test("stop nothing for a restore that is rejected", async () => {
    const platform = await up(cleanups);
    await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a valid backup");
    const before = await platform.status();
    const id = before.backups.newest?.id ?? "";
    const [base] = readdirSync(join(platform.data, "backups"), { recursive: true, encoding: "utf8" }).filter(
      (name) => name.includes(`${id}/`) && name.endsWith(".age"),
    );
    const damaged = join(platform.data, "backups", base ?? "");
    const content = readFileSync(damaged);
    const middle = content.length >> 1;
    content.writeUInt8(content.readUInt8(middle) ^ 1, middle);
    writeFileSync(damaged, content);

    const answers: number[] = [];
    let ended = false;
    const clients = (async () => {
      for (; !ended; await sleep(50)) answers.push((await chat(platform)).status);
    })();
    const refused = [
      await run(platform, "restore", "--yes", "20250101T000000Z"),
      await run(platform, "restore", "--yes", id, "--at", "2020-01-01T00:00:00Z"),
      await run(platform, "restore", "--yes", id),
      await run(platform, "restore", "--yes", id, "--at", "2100-01-01T00:00:00Z"),
    ];
    ended = true;
    await clients;

    expect(refused.map(({ code }) => code)).toEqual([2, 1, 1, 1]);
    expect(refused[0]?.err).toContain("error backup/unknown");
    expect(refused[1]?.err).toContain("error restore/too-early");
    expect(refused[2]?.err).toContain("error backup/corrupt");
    expect(refused[3]?.err).toContain("error restore/future 2100-01-01T00:00:00.000Z is in the future");
    expect(refused[3]?.err).toContain("hint: the newest time that can be restored is 20");
    expect(answers.length).toBeGreaterThan(5);
    expect(answers.filter((status) => status !== 200)).toEqual([]);
    const pids = ({ processes }: typeof before) =>
      processes.map(({ name, pid, restarts }) => ({ name, pid, restarts }));
    expect(pids(await platform.status())).toEqual(pids(before));
    expect(readdirSync(join(platform.data, "postgres")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }, 120_000);

  test("report that the identity was lost, and take a backup with the new one at once", async () => {
    const platform = await up(cleanups);
    await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a valid backup");
    const before = (await platform.status()).backups.newest?.id;
    await platform.stop();
    rmSync(join(platform.data, "secrets/backup/identity"));
    const again = await up(cleanups, { cwd: platform.cwd });
    expect(again.err()).toContain("the identity of the backups was missing and is a new one");
    const status = await again.status();
    expect(status.state).toBe("degraded");
    expect(JSON.stringify(status)).toContain("1 backup cannot be opened with the identity of this platform");
    const list = await run(again, "backups");
    expect(list.out).toMatch(new RegExp(`${before} .*; cannot be opened with this identity`));
    const newest = async () => (await again.status()).backups.newest;
    await until(async () => (await newest())?.valid === true, 60_000, "a backup with the new identity");
    expect((await newest())?.id).not.toBe(before);
  }, 240_000);

  test("report invalid arguments", async () => {
    const platform = await up(cleanups);
    const unknown = await run(platform, "restore", "--yes", "20250101T000000Z");
    expect(unknown.err).toContain("error backup/unknown there is no backup 20250101T000000Z");
    // `Date.parse` takes `3` for a day in March 2001.
    for (const words of ["yesterday", "3", "backup 3", "2025-02-30"]) {
      const time = await run(platform, "restore", "--yes", "latest", "--at", words);
      expect(time, words).toMatchObject({ code: 2 });
      expect(time.err).toContain(`error usage/moment --at ${words} is neither a time nor a duration`);
    }
    // A time without an offset is UTC, whatever the local time zone is.
    const args = ["restore", "--yes", "latest", "--at", "2020-01-01T12:00:00", "--data", platform.data];
    const early = await keelson(platform.cwd, args, { env: { TZ: "Asia/Tokyo" } });
    expect(early.err).toContain("error restore/too-early there is no backup from before 2020-01-01T12:00:00.000Z");
    const place = await run(platform, "backups", "--from", "ftp://somewhere");
    expect(place).toMatchObject({ code: 2 });
    expect(place.err).toContain("error backup/place");
  }, 120_000);
});
