import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { acquireLock } from "../../src/disk/lock.js";
import { serveControl } from "../../src/local/control/server.js";
import { layout } from "../../src/local/layout.js";
import { controlSocket, livePlatform } from "../../src/local/running.js";

const isRoot = process.getuid?.() === 0;
let home: string;
let umask: number;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "keelson-socket-"));
  chmodSync(home, 0o755);
  umask = process.umask();
  process.env["TMPDIR"] = join(home, "tmp");
  mkdirSync(join(home, "tmp"));
  chmodSync(join(home, "tmp"), 0o1777);
});

afterEach(() => {
  process.umask(umask);
  delete process.env["TMPDIR"];
  rmSync(home, { recursive: true, force: true });
});

/** The data directory is so long that its socket has to be in the temporary directory. */
const longData = () => layout(join(home, "d".repeat(100)));

describe("the control socket", () => {
  test("is closed to other users from its first moment, with every umask", async () => {
    process.umask(0);
    const socket = join(home, "control.sock");
    // Sees the mode before a `chmod` that follows `listen` could change it.
    const watcher = spawn(process.execPath, [
      "-e",
      `const { lstatSync } = require("node:fs"); console.log("ready");
       for (;;) try { console.log((lstatSync(process.argv[1]).mode & 0o777).toString(8)); break; } catch {}`,
      socket,
    ]);
    const seen: string[] = [];
    watcher.stdout.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
    await once(watcher.stdout, "data");
    const server = await serveControl(socket, {});
    await once(watcher, "close");
    server.close();
    expect(seen.join("").trim().split("\n")).toEqual(["ready", "600"]);
    expect(process.umask()).toBe(0);
  });

  test("is in a directory of this user alone if the path of the data directory is too long", async () => {
    process.umask(0);
    const socket = await controlSocket(longData());
    expect(socket.startsWith(join(home, "tmp"))).toBe(true);
    expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o700);
    chmodSync(join(socket, ".."), 0o777);
    expect(await controlSocket(longData())).toBe(socket);
    expect(statSync(join(socket, "..")).mode & 0o777).toBe(0o700);
  });

  test("is not served where another user can replace it", async () => {
    const directory = join(await controlSocket(longData()), "..");
    rmSync(directory, { recursive: true });
    symlinkSync(home, directory);
    await expect(controlSocket(longData())).rejects.toMatchObject({ code: "data/shared" });
    rmSync(directory);
    chmodSync(join(home, "tmp"), 0o777);
    await expect(controlSocket(longData())).rejects.toMatchObject({ code: "data/shared" });
  });

  test.runIf(isRoot)("is not served in a directory that another user has created before (as root)", async () => {
    const directory = join(await controlSocket(longData()), "..");
    chmodSync(directory, 0o777);
    execFileSync("chown", ["nobody", directory]);
    await expect(controlSocket(longData())).rejects.toMatchObject({
      code: "data/shared",
      message: expect.stringContaining("another user's"),
    });
  });

  test.runIf(isRoot)("receives no command once its directory is another user's (as root)", async () => {
    const places = longData();
    mkdirSync(places.root);
    const control = await controlSocket(places);
    const taken = await acquireLock(places.lock);
    if (!("lock" in taken)) throw new Error("locked");
    const start = { file: "f", host: "h", port: 1, split: false };
    const sockets = { url: control, dashboard: control };
    const running = {
      ...{
        pid: process.pid,
        url: "http://127.0.0.1:1",
        dashboard: "http://127.0.0.1:1",
        control,
        sockets,
        startedAt: 1,
      },
      start,
    };
    const about = { file: "f", platform: "p", environment: "e", backups: "b", data: places.root };
    writeFileSync(places.running, JSON.stringify({ ...running, ...about }));
    expect(await livePlatform(places)).toMatchObject({ control });
    execFileSync("chown", ["nobody", join(control, "..")]);
    await expect(livePlatform(places)).rejects.toMatchObject({ code: "data/shared" });
    await taken.lock.release();
  });
});
