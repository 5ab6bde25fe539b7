import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { backupDatabase, postgresServer } from "../../src/render/stores/postgres.js";
import { redisServer } from "../../src/render/stores/redis.js";
import { singleMember } from "../../src/render/stores/server.js";
import { cache, database, noBackups } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

const run = promisify(execFile);
const day = 24 * 3600 * 1000;
const schedule = { path: "backups", every: day, at: undefined, keep: 7 * day };

/** The scripts name places inside a container; here they are folders of the test. */
function moved(text: string, folder: string): string {
  return text
    .replaceAll("/run/secrets/keelson", join(folder, "secrets"))
    .replaceAll("/etc/keelson", join(folder, "etc"))
    .replaceAll("/backups", join(folder, "backups"))
    .replaceAll("/tmp/member.conf", join(folder, "member.conf"))
    .replaceAll("dir /data", `dir ${folder}`);
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

async function writeFiles(files: Readonly<Record<string, string>>, folder: string): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = moved(path, folder);
    if (!file.startsWith(folder)) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, moved(text, folder));
  }
}

describeWith(["postgresql", "root"], "the database's scripts on a real PostgreSQL", ({ postgresql }) => {
  const programs = dirname(postgresql);
  let folder: string;
  let port: number;
  let script: string;
  let options: string;
  /** The server refuses to run as root, so it runs as its own user; `local postgres peer` lets that user in. */
  const asPostgres = (command: string) =>
    run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "bash", "-c", command], {
      env: { ...process.env, PATH: `${programs}:${process.env["PATH"]}`, PGHOST: folder },
      cwd: folder,
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "keelson-scripts-"));
    port = await freePort();
    const backups = { ...noBackups, full: schedule, log: { ...schedule, every: 1000 } };
    const db = database("localhost", { port, backups });
    const server = postgresServer(db, singleMember("localhost"), true);
    await writeFiles(server.files, folder);
    for (const key of ["password", "replication", "superuser"]) {
      await mkdir(join(folder, "secrets/localhost"), { recursive: true });
      await writeFile(join(folder, "secrets/localhost", key), `secret-${key}`);
    }
    script = moved(backupDatabase(db)?.script ?? "", folder);
    await mkdir(join(folder, "backups"));
    await chmod(folder, 0o755);
    await run("chown", ["--recursive", "postgres:postgres", folder]);
    options = `-c config_file=${folder}/etc/postgresql.conf -c hba_file=${folder}/etc/pg_hba.conf -c unix_socket_directories=${folder} -c listen_addresses=127.0.0.1`;
    await asPostgres(
      `initdb --pgdata=${folder}/data --username=postgres --pwfile=${folder}/secrets/localhost/superuser ${server.environment["POSTGRES_INITDB_ARGS"]}`,
    );
    await asPostgres(`pg_ctl --pgdata=${folder}/data --wait --log=${folder}/log --options="${options}" start`);
    const create = moved(server.files["/docker-entrypoint-initdb.d/10-platform.sh"] ?? "", folder);
    await asPostgres(create);
    return async () => {
      await asPostgres(`pg_ctl --pgdata=${folder}/data --mode=immediate stop`);
      await rm(folder, { recursive: true, force: true });
    };
  }, 60_000);

  const ask = (user: string, password: string, sql: string) =>
    asPostgres(`PGPASSWORD=${password} psql --no-psqlrc -h 127.0.0.1 -p ${port} -U ${user} -d keelson -Atc "${sql}"`);

  it("creates an owner that is not a superuser, and rejects clients without a password", async () => {
    const { stdout } = await ask(
      "keelson",
      "secret-password",
      "select usesuper from pg_user where usename = current_user",
    );
    expect(stdout.trim()).toBe("f");
    await expect(ask("keelson", "wrong", "select 1")).rejects.toThrow(/password authentication failed/);
    await expect(ask("postgres", "secret-superuser", "select 1")).rejects.toThrow(/pg_hba.conf rejects/);
  });

  it("takes a base backup that can be restored with the WAL archived after it", async () => {
    await ask("keelson", "secret-password", "create table kept as select 1 as id");
    await asPostgres(script);
    const [stamp] = await readdir(join(folder, "backups/base"));
    expect(stamp).toMatch(/^\d{8}T\d{6}Z$/);
    await ask("keelson", "secret-password", "insert into kept values (2)");
    await asPostgres(`psql --no-psqlrc -p ${port} -U postgres -d postgres -Atc 'select pg_switch_wal()'`);
    await expect
      .poll(async () => (await readdir(join(folder, "backups/wal"))).length, { timeout: 15_000 })
      .toBeGreaterThan(1);

    const restored = join(folder, "restored");
    const other = await freePort();
    await asPostgres(
      `mkdir -m 700 ${restored} && tar -xzf ${folder}/backups/base/${stamp}/base.tar.gz -C ${restored}
      && touch ${restored}/recovery.signal`.replaceAll("\n", " "),
    );
    const recover = `-c port=${other} -c listen_addresses= -c unix_socket_directories=${folder} -c max_connections=200 -c restore_command='gunzip < ${folder}/backups/wal/%f.gz > %p'`;
    await asPostgres(`pg_ctl --pgdata=${restored} --wait --log=${folder}/restored.log --options="${recover}" start`);
    try {
      const { stdout } = await asPostgres(
        `psql --no-psqlrc -p ${other} -U postgres -d keelson -Atc 'select count(*) from kept'`,
      );
      expect(stdout.trim()).toBe("2");
    } finally {
      await asPostgres(`pg_ctl --pgdata=${restored} --mode=immediate stop`);
    }
  });

  const statement = async (sql: string) =>
    (await asPostgres(`psql --no-psqlrc -p ${port} -U postgres -d postgres -Atc "${sql}"`)).stdout.trim();
  const switchSegment = () => statement("select pg_walfile_name(pg_switch_wal())");
  const archived = async () => (await readdir(join(folder, "backups/wal"))).sort();
  const kill = () => asPostgres(`pg_ctl --pgdata=${folder}/data --mode=immediate stop`);
  const start = () =>
    asPostgres(`pg_ctl --pgdata=${folder}/data --wait --log=${folder}/log --options="${options}" start`);

  it("continues to archive after a crash between the copy of a segment and its mark, and after half a copy", async () => {
    await statement("create table crashed as select 1 as id");
    const first = await switchSegment();
    await expect.poll(archived, { timeout: 15_000 }).toContain(`${first}.gz`);
    await kill();
    // What a crash leaves: the segment is in the archive, and the server believes that it is not.
    await asPostgres(`cd ${folder}/data/pg_wal/archive_status && mv ${first}.done ${first}.ready`);
    await start();
    await statement("insert into crashed values (2)");
    const second = await switchSegment();
    await asPostgres(`echo half > ${folder}/backups/wal/${second}.gz.part`);
    await expect.poll(archived, { timeout: 20_000 }).toContain(`${second}.gz`);
    expect(await statement("select failed_count from pg_stat_archiver")).toBe("0");
    expect((await archived()).filter((file) => file.endsWith(".part"))).toEqual([]);
  });

  it("does not overwrite a segment of another server, which has the same name and other content", async () => {
    await statement("insert into crashed values (3)");
    const name = await statement("select pg_walfile_name(pg_current_wal_lsn())");
    const file = join(folder, "backups/wal", `${name}.gz`);
    await asPostgres(`echo another server | gzip -c > ${file}`);
    await switchSegment();
    await expect
      .poll(async () => Number(await statement("select failed_count from pg_stat_archiver")), { timeout: 15_000 })
      .toBeGreaterThan(0);
    expect((await run("gzip", ["-dc", file])).stdout).toBe("another server\n");
    await rm(file);
    await expect
      .poll(() => statement(`select count(*) from pg_stat_archiver where last_archived_wal = '${name}'`), {
        timeout: 90_000,
        interval: 500,
      })
      .toBe("1");
  }, 120_000);

  it("compresses a segment that was closed with few records to the size that the backup volume is planned with", async () => {
    await statement("checkpoint");
    await switchSegment();
    await statement("insert into crashed values (4)");
    const name = await switchSegment();
    await expect.poll(archived, { timeout: 15_000 }).toContain(`${name}.gz`);
    expect((await stat(join(folder, "backups/wal", `${name}.gz`))).size).toBeLessThan(32 * 1024);
  });

  it("closes a segment within the declared interval from the first minute: the checkpointer wakes up in time", async () => {
    expect(await statement("show archive_timeout")).toBe("1s");
    // PostgreSQL's minimum; with the default of five minutes no segment is closed before.
    expect(await statement("show checkpoint_timeout")).toBe("30s");
  });

  it("removes expired backups, and never the newest", async () => {
    const base = join(folder, "backups/base");
    const old = join(base, "20200101T000000Z");
    await mkdir(old);
    await utimes(old, new Date("2020-01-01"), new Date("2020-01-01"));
    await run("chown", ["postgres:postgres", old]);
    await asPostgres(script);
    const left = await readdir(base);
    expect(left).not.toContain("20200101T000000Z");
    expect(left.length).toBeGreaterThan(0);
  });
});

describeWith(["redis"], "the cache's start on a real Redis", () => {
  it("requires the password of its file, and stores what clients write", async () => {
    const folder = await mkdtemp(join(tmpdir(), "keelson-redis-"));
    const port = await freePort();
    const server = redisServer(cache("cache", { port }), singleMember("cache"));
    await writeFiles(server.files, folder);
    await mkdir(join(folder, "secrets/cache"), { recursive: true });
    await writeFile(join(folder, "secrets/cache/password"), "secret");
    const [shell = "", ...args] = server.command;
    const child = spawn(
      shell,
      args.map((argument) => moved(argument, folder)),
      { stdio: "ignore" },
    );
    const gone = new Promise((resolve) => child.once("exit", resolve));
    try {
      const client = (password: string, ...command: string[]) =>
        run("redis-cli", ["-p", String(port), ...command], { env: { ...process.env, REDISCLI_AUTH: password } });
      await expect
        .poll(
          () =>
            client("secret", "ping").then(
              ({ stdout }) => stdout.trim(),
              () => "",
            ),
          { timeout: 10_000 },
        )
        .toBe("PONG");
      expect((await client("wrong", "get", "key")).stdout).toMatch(/NOAUTH|WRONGPASS/);
      expect((await client("secret", "config", "get", "appendonly")).stdout).toContain("yes");
      expect(await readFile(`/proc/${child.pid}/cmdline`, "utf8")).not.toContain("secret\0");
    } finally {
      child.kill("SIGTERM");
      await gone;
      await rm(folder, { recursive: true, force: true });
    }
  });
});
