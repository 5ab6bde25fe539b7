import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal, type JournalListener } from "../../src/runtime/gateway/usage/journal.js";
import { Publisher } from "../../src/runtime/gateway/usage/publisher.js";
import {
  checkpointLine,
  entriesIn,
  frame,
  intentLine,
  settledLine,
  voidLine,
} from "../../src/runtime/gateway/usage/records.js";
import { FakeClock } from "../support/gateway/fake-clock.js";
import { TestUsage } from "../support/gateway/gateway.js";
import { intent, settled, unsettled } from "../support/gateway/journal-entries.js";
import { until } from "../support/until.js";

const log = pino({ level: "silent" });
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-journal-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const written = (write: (listener: JournalListener) => void): Promise<boolean> =>
  new Promise((resolve) =>
    write({
      onJournaled: () => resolve(true),
      onJournalFailure: () => {
        resolve(false);
        return "retry";
      },
    }),
  );

async function publishAll(usage: TestUsage): Promise<void> {
  const journal = await Journal.open(directory, log, 0);
  const publisher = new Publisher(journal, usage, log, () => {});
  await journal.rotate();
  await publisher.stop(AbortSignal.timeout(5000));
  await journal.close();
}

describe("the usage journal", () => {
  it("has an entry on the disk before it notifies its listener", async () => {
    const journal = await Journal.open(directory, log, 0);
    expect(await written((listener) => journal.intent(intent("a"), listener))).toBe(true);
    const [file] = await readdir(directory);
    const entries = [...entriesIn(await readFile(join(directory, file ?? "")))];
    expect(entries).toEqual([{ kind: "intent", intent: intent("a") }]);
    await journal.close();
  });

  it("has one owner: a new one waits for a running owner and then reports it, and replaces one that has exited", async () => {
    const lines: string[] = [];
    const captured = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
    const first = await Journal.open(directory, log, 0);
    expect(await written((listener) => first.intent(intent("a"), listener))).toBe(true);
    await expect(Journal.open(directory, captured, 300)).rejects.toMatchObject({
      code: "usage/log-in-use",
      message: `process ${process.pid} uses the usage journal in ${directory}`,
      hint: expect.stringContaining("--data DIR"),
    });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ owner: process.pid, directory, timeoutMs: 300 }),
    ]);

    // The waiting gateway settles no request of the running one, and continues after its last entry.
    const waiting = Journal.open(directory, log, 10_000);
    expect(await written((listener) => first.settle(settled("a"), listener))).toBe(true);
    await first.close();
    const second = await waiting;
    expect(second.backlog).toMatchObject({ events: 1, open: 0 });
    await second.close();
    expect((await readdir(directory)).includes("owner")).toBe(false);

    // Killed, and its pid reused by another process: the pid of this one, with another start time.
    await writeFile(join(directory, "owner"), JSON.stringify({ pid: process.pid, started: "1" }));
    await (await Journal.open(directory, log, 0)).close();
  });

  it("writes entries that arrive together in one frame", async () => {
    const journal = await Journal.open(directory, log, 0);
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => written((listener) => journal.intent(intent(`id-${index}`), listener))),
    );
    const [file] = await readdir(directory);
    const bytes = await readFile(join(directory, file ?? ""));
    expect(bytes.readUInt32LE(0)).toBe(bytes.length - 8);
    await journal.close();
  });

  it("sends settled usage to the ledger and deletes what the ledger has acknowledged", async () => {
    const usage = new TestUsage();
    const journal = await Journal.open(directory, log, 0);
    const publisher = new Publisher(journal, usage, log, () => {});
    for (const id of ["a", "b"]) {
      await written((listener) => journal.intent(intent(id), listener));
      await written((listener) => journal.settle(settled(id), listener));
    }
    expect((await usage.settled(2)).map(({ id }) => id)).toEqual(["a", "b"]);
    await until(() => journal.backlog.segments === 1);
    expect(journal.backlog).toEqual({ segments: 1, events: 0, open: 0 });
    await publisher.stop(AbortSignal.timeout(1000));
    await journal.close();
    expect(await readdir(directory)).toEqual([]);
  });

  it("retains usage while the ledger is unavailable, across restarts, and loses none", async () => {
    const usage = new TestUsage();
    usage.unavailable = true;
    for (let process = 0; process < 3; process += 1) {
      const journal = await Journal.open(directory, log, 0);
      const publisher = new Publisher(journal, usage, log, () => {});
      for (let count = 0; count < 10; count += 1) {
        const id = `${process}-${count}`;
        await written((listener) => journal.intent(intent(id), listener));
        await written((listener) => journal.settle(settled(id), listener));
      }
      await journal.rotate();
      await publisher.stop(AbortSignal.timeout(300));
      await journal.close();
    }
    expect(usage.events.size).toBe(0);
    usage.unavailable = false;
    await publishAll(usage);
    expect(usage.events.size).toBe(30);
  });

  it("settles requests that a crash interrupted from their last checkpoint, marked as estimated", async () => {
    await writeFile(
      join(directory, "0000000007.log"),
      Buffer.concat([
        frame([intentLine(intent("done")), intentLine(intent("cut")), intentLine(intent("silent"))]),
        frame([checkpointLine("cut", 40, 1500), settledLine(settled("done"))]),
        frame([checkpointLine("cut", 90, 3000)]),
      ]),
    );
    const usage = new TestUsage();
    await publishAll(usage);
    expect([...usage.events.values()].sort((a, b) => a.id.localeCompare(b.id))).toEqual([
      settled("cut", { inputTokens: 12, outputTokens: 90, status: 500, durationMs: 2000, estimated: true }),
      settled("done"),
      settled("silent", { inputTokens: 12, outputTokens: 0, status: 500, durationMs: 0, estimated: true }),
    ]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("publishes no settlement and settles no intent that was voided later", async () => {
    const file = (number: number, ...lines: string[]): Promise<void> =>
      writeFile(join(directory, `000000000${number}.log`), frame(lines));
    await file(3, intentLine(intent("counted")), intentLine(intent("refused")), intentLine(intent("cut")));
    await file(4, settledLine(settled("refused")), settledLine(settled("counted")));
    await file(5, voidLine("refused"), voidLine("cut"));
    const usage = new TestUsage();
    await publishAll(usage);
    expect([...usage.events.values()]).toEqual([settled("counted")]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("deletes old files although one response takes long", async () => {
    const usage = new TestUsage();
    const journal = await Journal.open(directory, log, 0);
    const publisher = new Publisher(journal, usage, log, () => {});
    await written((listener) => journal.intent(intent("long"), listener));
    for (let file = 0; file < 14; file += 1) {
      const id = `short-${file}`;
      await written((listener) => journal.intent(intent(id), listener));
      await written((listener) => journal.settle(settled(id), listener));
      journal.checkpoint("long", file);
      await journal.rotate();
      await usage.settled(file + 1);
    }
    await until(() => journal.backlog.segments <= 10);
    expect(journal.backlog.segments).toBeLessThanOrEqual(10);
    expect(journal.backlog.open).toBe(1);
    // A recovery still finds the long response, with its tokens so far.
    await publisher.stop(AbortSignal.timeout(1000));
    await journal.close();
    await publishAll(usage);
    expect(usage.events.get("long")).toMatchObject({ estimated: true, outputTokens: 13 });
    expect(usage.events.size).toBe(15);
  }, 20_000);

  it("ignores entries after a torn frame of an older file", async () => {
    const usage = new TestUsage();
    const journal = await Journal.open(directory, log, 0);
    await written((listener) => journal.intent(intent("a"), listener));
    await written((listener) => journal.settle(settled("a"), listener));
    await journal.close();
    const [file] = await readdir(directory);
    await appendFile(join(directory, file ?? ""), frame([settledLine(settled("b"))]).subarray(0, 30));
    await publishAll(usage);
    expect([...usage.events.keys()]).toEqual(["a"]);
  });

  describe("with entries of another version of Keelson", () => {
    const foreign = (id: string): string => settledLine(settled(id)).replace('"chat"', '"speech"');

    it("starts, publishes the readable entries, and retains the others on the disk for that version", async () => {
      await writeFile(
        join(directory, "0000000003.log"),
        frame([
          intentLine(intent("known")),
          intentLine(intent("foreign")).replace('"chat"', '"speech"'),
          foreign("foreign"),
          '["Q","other",1]',
          settledLine(settled("known")),
        ]),
      );
      const lines: string[] = [];
      const captured = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
      const usage = new TestUsage();
      for (let start = 0; start < 2; start += 1) {
        const journal = await Journal.open(directory, captured, 0);
        const publisher = new Publisher(journal, usage, captured, () => {});
        await journal.rotate();
        await publisher.stop(AbortSignal.timeout(5000));
        await journal.close();
      }
      expect([...usage.events.keys()]).toEqual(["known"]);
      expect(await readdir(directory)).toEqual(["0000000003.unreadable"]);
      expect(lines.map((line) => JSON.parse(line).entries)).toEqual([3, 3]);
    });

    it("publishes them once it can read them", async () => {
      await writeFile(join(directory, "0000000003.unreadable"), frame([settledLine(settled("late"))]));
      const usage = new TestUsage();
      await publishAll(usage);
      expect([...usage.events.keys()]).toEqual(["late"]);
      expect(await readdir(directory)).toEqual([]);
    });

    it("does not settle a request whose settlement it cannot read", () => {
      const entries = [...entriesIn(frame([intentLine(intent("a")), foreign("a")]))];
      expect(unsettled(entries)).toEqual([]);
    });
  });

  it("notifies every listener when it closes: pending entries are written, later ones are refused", async () => {
    const journal = await Journal.open(directory, log, 0);
    const pending = Array.from({ length: 20 }, (_, index) =>
      written((listener) => journal.intent(intent(`id-${index}`), listener)),
    );
    const closing = journal.close();
    expect(await Promise.all(pending)).toEqual(Array<boolean>(20).fill(true));
    await closing;
    expect(await written((listener) => journal.settle(settled("id-0"), listener))).toBe(false);
  });

  it("closes its file a quarter of a second after the first settlement in it", async () => {
    const clock = new FakeClock();
    const journal = await Journal.open(directory, log, 0, clock);
    await written((listener) => journal.intent(intent("a"), listener));
    await clock.advance(10_000);
    expect(journal.nextClosed()).toBeUndefined();
    await written((listener) => journal.settle(settled("a"), listener));
    await clock.advance(200);
    expect(journal.nextClosed()).toBeUndefined();
    await clock.advance(100);
    await until(() => journal.nextClosed() !== undefined);
    await journal.close();
  });

  it("makes no files by time while the ledger is unavailable, and publishes everything afterwards", async () => {
    const clock = new FakeClock();
    const usage = new TestUsage();
    usage.unavailable = true;
    const journal = await Journal.open(directory, log, 0, clock);
    const publisher = new Publisher(journal, usage, log, () => {}, clock);
    for (let count = 0; count < 100; count += 1) {
      await written((listener) => journal.settle(settled(`id-${count}`), listener));
      await clock.advance(300);
    }
    expect(usage.records).toBeGreaterThan(3);
    expect((await readdir(directory)).filter((name) => name.endsWith(".log")).length).toBeLessThanOrEqual(3);
    usage.unavailable = false;
    await until(async () => {
      await clock.advance(1_000);
      return usage.events.size === 100;
    });
    await publisher.stop(AbortSignal.timeout(5000));
    await journal.close();
  });

  it("calls an unavailable ledger at growing intervals, however many files are rotated meanwhile", async () => {
    const clock = new FakeClock();
    const usage = new TestUsage();
    usage.unavailable = true;
    const journal = await Journal.open(directory, log, 0);
    const publisher = new Publisher(journal, usage, log, () => {}, clock);
    for (let file = 0; file < 12; file += 1) {
      await written((listener) => journal.settle(settled(`id-${file}`), listener));
      await journal.rotate();
    }
    await until(() => usage.records > 0 && clock.pending === 1);
    expect(usage.records).toBe(1);
    // 200, 400, 800, 1600 and 3200 ms, then every 5 s.
    for (const pauseMs of [200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
      const before = usage.records;
      await clock.advance(pauseMs - 1);
      expect(usage.records).toBe(before);
      await clock.advance(1);
      await until(() => usage.records === before + 1 && clock.pending === 1);
    }
    usage.unavailable = false;
    await clock.advance(5_000);
    expect(await usage.settled(12)).toHaveLength(12);
    await publisher.stop(AbortSignal.timeout(5000));
    await journal.close();
  });
});
