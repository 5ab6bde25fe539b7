import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock, lockOwner } from "../../src/disk/lock.js";
import { processTable } from "../../src/disk/ps.js";
import { livePlatform, readRunning } from "../../src/local/running.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-lock-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("a lock file", () => {
  it("is acquired once, and again after its release", async () => {
    const path = join(directory, "lock");
    const first = await acquireLock(path);
    if (!("lock" in first)) throw new Error("the lock is free");
    expect(await acquireLock(path)).toMatchObject({ owner: { pid: process.pid } });
    await first.lock.release();
    expect(existsSync(path)).toBe(false);
    expect(await acquireLock(path)).toHaveProperty("lock");
  });

  it("is taken over from a dead process", async () => {
    const path = join(directory, "lock");
    await writeFile(path, JSON.stringify({ pid: 2 ** 22 + 1, started: "1" }));
    expect(await lockOwner(path)).toBeUndefined();
    expect(await acquireLock(path)).toHaveProperty("lock");
  });

  it.each(["", "{", "{}", '{"pid":"4711"}'])(
    "with the content “%s” is never taken over: its owner may be alive",
    async (content) => {
      const path = join(directory, "lock");
      await writeFile(path, content);
      await expect(acquireLock(path)).rejects.toMatchObject({ code: "data/lock" });
      await expect(lockOwner(path)).rejects.toMatchObject({ code: "data/lock" });
      expect(await readFile(path, "utf8")).toBe(content);
    },
  );
});

describe("the description of the running platform", () => {
  const places = () => ({
    lock: join(directory, "lock"),
    running: join(directory, "platform.json"),
    sockets: join(directory, "sockets"),
  });

  it("that is invalid does not mean that no platform runs", async () => {
    await writeFile(places().running, "{");
    await expect(readRunning(places())).rejects.toMatchObject({ code: "file/unreadable" });
    expect(await acquireLock(places().lock)).toHaveProperty("lock");
    await expect(livePlatform(places())).rejects.toMatchObject({ code: "file/unreadable" });
  });

  it("that is invalid is irrelevant if no process holds the lock", async () => {
    await writeFile(places().running, "{");
    expect(await livePlatform(places())).toBeUndefined();
  });
});

describe("the process table of ps", () => {
  it("lists this process, and no process with an id that is not in use", async () => {
    expect(await processTable(["-o", "pid=", "-p", `${process.pid}`])).toContain(`${process.pid}`);
    expect(await processTable(["-o", "pid=", "-p", "4194305"])).toBe("");
  });

  it("is unknown, not empty, if ps fails", async () => {
    await expect(processTable(["--no-such-option"])).rejects.toMatchObject({ code: "process/unlisted" });
    await expect(processTable([], join(directory, "no-ps"))).rejects.toMatchObject({ code: "process/unlisted" });
  });
});
