import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type DrillResult, drillResultSchema, type Outcome } from "../../src/contracts/drills.js";
import { serverProcesses } from "../../src/postgres/strays.js";
import { getInternally } from "../support/gateway/gateway.js";
import { type Cleanups, chat, keelson, type Up, until, up, workDirectory } from "../support/local/keelson.js";
import { flipByte } from "../support/recovery/source.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const LONG = 300_000;

async function drill(
  platform: Up,
  fault: string,
  ...more: string[]
): Promise<{ code: number | null; result: DrillResult; err: string }> {
  const args = [
    "drill",
    fault,
    "--json",
    "--duration",
    "3s",
    "--rate",
    "10",
    "--running",
    "--yes",
    "--data",
    platform.data,
    ...more,
  ];
  const { code, out, err } = await keelson(platform.cwd, args, { timeout: LONG });
  return { code, err, result: resultOf(out, err) };
}

function resultOf(out: string, err: string): DrillResult {
  const parsed = drillResultSchema.safeParse(out === "" ? undefined : JSON.parse(out));
  if (!parsed.success) throw new Error(`no result of a drill: ${out}\n${err}`);
  return parsed.data;
}

/** A measured figure in milliseconds; fails for any other outcome. */
function milliseconds(outcome: Outcome | undefined): number {
  if (outcome?.kind !== "measured") throw new Error(`not measured: ${JSON.stringify(outcome)}`);
  return outcome.ms;
}

/** The first backup is taken right after the start; drills of a lost database need one. */
async function withBackup(): Promise<Up> {
  const platform = await up(cleanups);
  await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a valid backup");
  return platform;
}

/** The repository's own directory of the running database. */
function repository(platform: Up): string {
  const root = join(platform.data, "backups");
  return join(root, readdirSync(root)[0] ?? "");
}

describe("keelson drill", () => {
  test(
    "process-crash kills every process in turn and reads back every acknowledged request",
    async () => {
      const platform = await up(cleanups);
      const { code, result } = await drill(platform, "process-crash");
      expect(result.state).toBe("finished");
      expect(result.faults.map((fault) => fault.description.replace(/ \(.*/, ""))).toEqual([
        "kill -9 of the process platform",
        "kill -9 of the PostgreSQL server",
        "kill -9 of every engine",
      ]);
      expect(result.measurements.map((measurement) => measurement.subject).sort()).toEqual(
        ["accounts", "assistant", "dashboard", "database", "embedder", "gateway", "usage"].sort(),
      );
      // Each received requests: four of them by probes of their own.
      for (const { rto } of result.measurements) expect(milliseconds(rto)).toBeGreaterThan(0);
      const probed = result.faults.flatMap((fault) => fault.probes);
      expect(probed.map(({ subject }) => subject).sort()).toEqual(["accounts", "dashboard", "embedder", "usage"]);
      expect(result).toMatchObject({ verdict: "kept", lost: 0, findings: [] });
      expect(result.acknowledged).toBeGreaterThan(100);
      // The faults were real: clients saw each of the first two.
      for (const fault of result.faults.slice(0, 2)) expect(fault.failed).toBeGreaterThan(0);
      expect(code).toBe(0);

      const sheet = await keelson(platform.cwd, [
        "promises",
        "starter",
        "-e",
        "local",
        "--json",
        "--data",
        platform.data,
      ]);
      const rows: { fault: string; subject: string; rto: { measured?: Outcome } }[] = JSON.parse(sheet.out).rows;
      const row = rows.find(({ fault, subject }) => fault === "process-crash" && subject === "gateway");
      expect(row?.rto.measured).toEqual(
        result.measurements.find((measurement) => measurement.subject === "gateway")?.rto,
      );
    },
    LONG,
  );

  test(
    "database-loss restores a lost data directory within the promise and measures what was lost",
    async () => {
      const platform = await withBackup();
      const { code, result, err } = await drill(platform, "database-loss");
      expect(result).toMatchObject({ state: "finished", verdict: "kept", findings: [], subject: "database" });
      expect(milliseconds(result.rto)).toBeGreaterThan(0);
      expect(milliseconds(result.rto)).toBeLessThan(60_000);
      expect(milliseconds(result.rpo)).toBeLessThan(60_000);
      // It costs what was written since the last archived segment, and the report shows how long ago that was.
      const since = result.faults[0]?.sinceArchivedMs ?? 0;
      expect(since).toBeGreaterThan(2500);
      expect(Math.abs(milliseconds(result.rpo) - since)).toBeLessThan(3000);
      expect(result.terms.map((term) => term.name)).toEqual(["restore of the backup", "replay of the log"]);
      expect(err).toContain("restored the files of backup");
      expect(code).toBe(0);
      expect((await chat(platform)).status).toBe(200);

      const directory = join(platform.data, "drills", result.id);
      const html = readFileSync(join(directory, "report.html"), "utf8");
      expect(html).toContain("<svg");
      expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
      const markdown = readFileSync(join(directory, "report.md"), "utf8");
      for (const words of ["**KEPT.**", "| database |", "RTO promised", "PostgreSQL 17", "keelson 0."])
        expect(markdown).toContain(words);
    },
    LONG,
  );

  test(
    "backup-corruption rejects the corrupted backup, restores the one before it, and removes it afterwards",
    async () => {
      const platform = await withBackup();
      const { code, result, err } = await drill(platform, "backup-corruption");
      expect(result).toMatchObject({ state: "finished", verdict: "kept", findings: [] });
      expect(err).toMatch(/backup \S+ cannot be restored: .* is damaged/);
      expect(err).toMatch(/verification rejects/);
      expect(err).toMatch(/restored from the backup before it/);
      expect(code).toBe(0);
      // A full backup follows every restore; the corrupted one is deleted.
      const corrupted = /backup (\S+) cannot be restored/.exec(err)?.[1];
      await until(async () => (await platform.status()).backups.count === 2, 60_000, "the backup after the restore");
      await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "its verification");
      const listed = JSON.parse((await keelson(platform.cwd, ["backups", "--json", "--data", platform.data])).out);
      expect(listed.backups.map(({ id }: { id: string }) => id)).not.toContain(corrupted);
    },
    LONG,
  );

  test(
    "cancelled by Ctrl-C leaves the platform healthy and proves nothing",
    async () => {
      const platform = await withBackup();
      const ctrlC = new AbortController();
      const args = [
        "drill",
        "database-loss",
        "--json",
        "--duration",
        "60s",
        "--running",
        "--yes",
        "--data",
        platform.data,
      ];
      const running = keelson(platform.cwd, args, { timeout: LONG, interrupt: ctrlC.signal });
      const read = async (path: string): Promise<Map<string, unknown>> => {
        const authorization = `Bearer ${readFileSync(join(platform.data, "secrets/internal/operator-token"), "utf8")}`;
        const answer = await fetch(`${platform.url}/admin/drills${path}`, { headers: { authorization } });
        return new Map(Object.entries(Object(await answer.json())));
      };
      const loaded = async () => {
        const drills = (await read("")).get("drills");
        const [newest] = Array.isArray(drills) ? drills : [];
        return newest !== undefined && JSON.stringify([...(await read(`/${newest.id}`))]).includes("steady load");
      };
      await until(loaded, 60_000, "the load");
      ctrlC.abort();
      const { code, out, err } = await running;
      expect(resultOf(out, err)).toMatchObject({ state: "cancelled", reason: "the drill was cancelled" });
      expect(code).toBe(1);
      expect((await platform.status()).state).toBe("ready");
      expect((await chat(platform)).status).toBe(200);
    },
    LONG,
  );

  test(
    "by default drills a temporary copy of platform.yaml, keeps its result and removes it",
    async () => {
      const cwd = workDirectory(cleanups);
      const starter = readFileSync(new URL("../../blueprints/starter/platform.yaml", import.meta.url), "utf8");
      writeFileSync(join(cwd, "platform.yaml"), starter.replace("platform: starter", "platform: mine"));
      const { code, out, err } = await keelson(cwd, ["drill", "process-crash", "--json", "--duration", "2s"], {
        timeout: LONG,
      });
      const result = resultOf(out, err);
      expect(result).toMatchObject({ state: "finished", verdict: "kept", platform: "mine" });
      expect(err).toContain("starting a temporary copy of platform.yaml (local): no running platform is changed");
      expect(code).toBe(0);
      expect(readdirSync(join(cwd, ".keelson/mine-local")).sort()).toEqual([".gitignore", "drills"]);
      expect(readdirSync(join(cwd, ".keelson/mine-local/drills"))).toEqual([result.id]);
      expect(existsSync(join(cwd, ".keelson/mine-local/drills", result.id, "report.html"))).toBe(true);
      // The same mode as `up` sets: the server's user can enter the directory.
      const { mode } = statSync(join(cwd, ".keelson/mine-local"));
      expect((mode & 0o777).toString(8)).toBe(process.getuid?.() === 0 ? "711" : "700");
    },
    LONG,
  );
});

test(
  "a drill without --running copies the running platform and changes nothing of it",
  async () => {
    const platform = await up(cleanups);
    const before = (await platform.status()).processes.map(({ pid }) => pid);
    const requests = async () => {
      const authorization = `Bearer ${readFileSync(join(platform.data, "secrets/internal/operator-token"), "utf8")}`;
      const answer = await fetch(`${platform.url}/admin/usage`, { headers: { authorization } });
      return z.object({ totals: z.object({ requests: z.number() }) }).parse(await answer.json()).totals.requests;
    };
    const args = ["drill", "database-loss", "--json", "--duration", "2s", "--data", platform.data];
    const { code, out, err } = await keelson(platform.cwd, args, { timeout: LONG });
    const result = resultOf(out, err);
    expect(result).toMatchObject({ state: "finished", verdict: "kept" });
    expect(code).toBe(0);
    expect(result.acknowledged).toBeGreaterThan(20);
    expect((await platform.status()).processes.map(({ pid }) => pid)).toEqual(before);
    expect(await requests()).toBe(0);
    expect(existsSync(join(platform.data, "drills", result.id, "report.html"))).toBe(true);
  },
  LONG,
);

describe("a planted defect", () => {
  test(
    "a flipped bit in the only backup is a finding, and nothing is destroyed",
    async () => {
      const platform = await withBackup();
      const backups = join(repository(platform), "backups");
      await flipByte(join(backups, readdirSync(backups)[0] ?? "", "base.tar.gz.age"));
      const server = (await serverProcesses(join(platform.data, "postgres/data"))).length;
      const { code, result } = await drill(platform, "database-loss");
      expect(code).toBe(1);
      expect(result).toMatchObject({ verdict: "broken", faults: [] });
      expect(result.findings[0]?.what).toMatch(/backup \S+ is not valid/);
      expect(server).toBeGreaterThan(0);
      expect((await chat(platform)).status).toBe(200);
    },
    LONG,
  );

  test(
    "a log that is no longer archived is a finding, and shown by status",
    async () => {
      const platform = await withBackup();
      // As if the disk with the backups were not mounted: nothing can be stored below a file.
      const log = join(repository(platform), "wal");
      renameSync(log, `${log}.moved`);
      writeFileSync(log, "");
      const { code, result } = await drill(platform, "database-loss");
      expect(code).toBe(1);
      expect(result).toMatchObject({ verdict: "broken", faults: [] });
      expect(result.findings.map(({ what }) => what)).toContain("the log is not archived");
      // On a busy machine a process may have failed its probe meanwhile, and be restarting.
      await until(async () => (await platform.status()).state === "degraded", 20_000, "the degraded state");
      const status = await platform.status();
      expect(status.archive?.failing?.reason).toBeTruthy();
      const metrics = await (await getInternally(platform.url, "/metrics", join(platform.data, "secrets"))).text();
      expect(metrics).toContain("keelson_database_log_archive_failing 1");
    },
    LONG,
  );

  test(
    "a log that the file does not declare is a finding where data must not be lost",
    async () => {
      const cwd = workDirectory(cleanups);
      const starter = readFileSync(new URL("../../blueprints/starter/platform.yaml", import.meta.url), "utf8");
      const without = starter.replace(/, log: 30s keep 7d/, "");
      expect(without).not.toBe(starter);
      writeFileSync(join(cwd, "platform.yaml"), without);
      const platform = await up(cleanups, { cwd, args: ["platform.yaml"] });
      const { code, result } = await drill(platform, "database-loss");
      expect(code).toBe(1);
      expect(result.findings.map(({ what }) => what)).toContain("the log is not archived");
      expect((await chat(platform)).status).toBe(200);
    },
    LONG,
  );
});
