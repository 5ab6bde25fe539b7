import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { type Cleanups, chat, keelson, until, up, workDirectory } from "../support/local/keelson.js";
import { describeWith } from "../support/requirements.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function mount(options: string): string {
  const place = join(workDirectory(cleanups), "disk");
  mkdirSync(place);
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", place]);
  cleanups.push(() => execFileSync("umount", [place]));
  return place;
}

const start = async (data: string, more: object = {}) =>
  keelson("/", ["up", "--data", data, "--port", String(await freePort())], more);

describeWith(["root"], "a disk that cannot store the data", () => {
  test("too small for a database is refused before anything is written", async () => {
    const { code, err } = await start(join(mount("size=50m"), "data"));
    expect(code).toBe(1);
    expect(err).toMatch(/error disk\/full the disk that holds .* has \d+ MB left; 160 MB are required/);
    expect(err).toMatch(/hint: free some space, or choose a directory on another disk/);
  });

  test("full from the beginning is a clear error", async () => {
    const disk = mount("size=256k");
    writeFileSync(join(disk, "filler"), Buffer.alloc(200 * 1024));
    const { code, err } = await start(join(disk, "data"));
    expect(code).toBe(1);
    expect(err).toMatch(/error disk\/full/);
    expect(err).not.toMatch(/ at .*\.js:/);
  });

  test("that fills up while the platform runs is reported, and the platform recovers when there is space again", async () => {
    const disk = mount("size=420m");
    const platform = await up(cleanups, { cwd: disk });
    await until(async () => (await platform.status()).backups.newest?.valid === true, 60_000, "a valid backup");
    expect((await chat(platform)).status).toBe(200);
    const filler = join(disk, "filler");
    // dd fails as intended: the disk is full.
    spawnSync("dd", ["if=/dev/zero", `of=${filler}`, "bs=1M", "count=500", "status=none"], { stdio: "ignore" });
    const url = readFileSync(join(platform.data, "secrets/database/url"), "utf8");
    // More WAL than the existing segments hold: the server has to create new ones, and cannot.
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    await client.connect();
    await client
      .query("CREATE TABLE filler AS SELECT repeat(md5(n::text), 60) FROM generate_series(1, 60000) n")
      .catch(() => undefined);
    await client.end().catch(() => undefined);
    await platform.prints(/No space left|no space is left|! postgres exited/);
    rmSync(filler);
    // On a loaded machine a single request may fail or time out while the platform recovers.
    const running = async () => (await platform.status()).processes.every(({ phase }) => phase === "running");
    await until(() => running().catch(() => false), 90_000, "all processes running");
    const served = async () => (await chat(platform)).status === 200;
    await until(() => served().catch(() => false), 30_000, "a successful chat");
  }, 240_000);

  test("mounted read-only is a clear error", async () => {
    const { code, err } = await start(join(mount("size=300m,ro"), "data"));
    expect(code).toBe(1);
    expect(err).toMatch(/error data\/unwritable .*read-only/);
  });

  test("that belongs to another user is a clear error", async () => {
    const place = workDirectory(cleanups);
    chmodSync(place, 0o755);
    const otherUser = 65_534;
    const { code, err } = await start(join(place, "data"), {
      uid: otherUser,
      gid: otherUser,
      env: { HOME: "/nonexistent" },
    });
    expect(code).toBe(1);
    expect(err).toMatch(/error data\/unwritable .*permission denied/);
  });

  test.skipIf(process.platform !== "linux")("where nothing can be created is a clear error", async () => {
    const { code, err } = await start("/proc/nothing/data");
    expect(code).toBe(1);
    expect(err).toContain("error data/unwritable");
  });

  test("that is a file is a clear error", async () => {
    const file = join(workDirectory(cleanups), "file");
    writeFileSync(file, "");
    const { code, err } = await start(file);
    expect(code).toBe(1);
    expect(err).toMatch(/error data\/not-a-directory/);
  });
});
