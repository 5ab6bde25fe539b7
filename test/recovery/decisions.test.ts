import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import type { ArchivedFile } from "../../src/recovery/archive/log-archive.js";
import { parseLogFile, segmentName, segmentOf } from "../../src/recovery/archive/segments.js";
import type { Backup } from "../../src/recovery/backup/catalogue.js";
import { prune } from "../../src/recovery/backup/retention.js";
import { nextBackup } from "../../src/recovery/backup/schedule.js";
import { backupFor } from "../../src/recovery/restore/choose-backup.js";
import { logRange } from "../../src/recovery/restore/log-range.js";
import { replayPath } from "../../src/recovery/restore/replay-path.js";
import type { RestoreTarget } from "../../src/recovery/restore/target.js";
import { chooseTimeline, parseHistory, type Timeline } from "../../src/recovery/restore/timelines.js";
import { decideDatabase } from "../../src/recovery/service/decide-database.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2025, 10, 21, 12);
const ONE: Timeline = { number: 1, ancestors: [], since: 0 };

/** Timeline 2, which left timeline 1 in segment 4. */
const TWO: Timeline = {
  number: 2,
  ancestors: parseHistory("1\t0/4000098\tbefore 2025-11-21 12:00:00+00\n"),
  since: 5000,
};

function backup(at: number, first: number, last = first, valid: boolean | undefined = true, id = String(at)): Backup {
  return {
    manifest: {
      format: 1,
      id,
      system: "1",
      platform: "test",
      startedAt: at,
      finishedAt: at,
      postgres: "17",
      size: 1,
      timeline: 1,
      startLsn: "0/0",
      stopLsn: "0/0",
      firstSegment: segmentName(1, BigInt(first)),
      lastSegment: segmentName(1, BigInt(last)),
      restorePoint: { name: id, lsn: "0/0", at },
      recipient: null,
      base: { name: id, bytes: 1, sha256: "" },
      fingerprint: { tables: [] },
    },
    verification:
      valid === undefined ? undefined : { at, valid, findings: [], tables: 0, rows: 0, restoreMs: 0, replayMs: 0 },
    origin: "authenticated",
    opens: true,
  };
}

function segment(position: number, stored: number, timeline = 1): ArchivedFile {
  const file = parseLogFile(segmentName(timeline, BigInt(position)));
  if (!file) throw new Error("not the name of a segment");
  return { file, object: file.name, bytes: 1, sha256: "", stored, authentic: true };
}

describe("what retention removes", () => {
  const policy = { full: 7 * DAY, log: 7 * DAY };

  test("keeps the backup from which the oldest promised time is restored, even if it is too old itself", () => {
    const old = backup(NOW - 8 * DAY, 10);
    const { backups } = prune([backup(NOW - 9 * DAY, 1), old, backup(NOW - DAY, 50)], [], policy, NOW);
    expect(backups.map((gone) => gone.backup.manifest.id)).toEqual([String(NOW - 9 * DAY)]);
  });

  test("keeps the newest valid backup though newer ones have failed and it is long expired", () => {
    const valid = backup(NOW - 30 * DAY, 1);
    const { backups } = prune([valid, backup(NOW - 20 * DAY, 5, 5, false)], [], policy, NOW);
    expect(backups.map((gone) => gone.backup)).not.toContain(valid);
  });

  test("never removes what a promised time or a retained backup needs", () => {
    const history = record({
      backups: array(record({ age: integer({ min: 0, max: 30 }), valid: constantFrom(true, false, undefined) }), {
        minLength: 1,
        maxLength: 12,
      }),
      full: integer({ min: 1, max: 20 }),
      log: integer({ min: 1, max: 20 }),
    });
    assert(
      property(history, ({ backups, full, log }) => {
        // One segment per hour for thirty days; a backup of age `a` days starts in the segment of its hour.
        const position = (at: number) => 1000 + Math.floor((at - (NOW - 31 * DAY)) / HOUR);
        const all = backups.map(({ age, valid }, n) => {
          const at = NOW - age * DAY - n;
          return backup(at, position(at), position(at) + 1, valid, `b${n}`);
        });
        const files = Array.from({ length: 31 * 24 + 2 }, (_, n) => segment(1000 + n, NOW - 31 * DAY + (n + 1) * HOUR));
        const gone = prune(all, files, { full: full * DAY, log: log * DAY }, NOW);
        const kept = all.filter((each) => !gone.backups.some(({ backup: removed }) => removed === each));
        const left = files.filter((each) => !gone.log.some(({ file }) => file === each));

        // Every retained backup can still become consistent.
        for (const { manifest } of kept)
          expect(logRange(left, manifest.firstSegment, { segment: manifest.lastSegment }, ONE).ok).toBe(true);
        expect(kept).toContain([...all].sort((a, b) => a.manifest.finishedAt - b.manifest.finishedAt).at(-1));
        // Every promised time that could be restored before can still be restored.
        for (let moment = NOW - log * DAY; moment <= NOW; moment += DAY / 2) {
          const usable = (from: readonly Backup[], log: readonly ArchivedFile[]) =>
            from.some(
              ({ manifest, verification }) =>
                verification?.valid !== false &&
                manifest.restorePoint.at <= moment &&
                logRange(log, manifest.firstSegment, { time: moment }, ONE).ok,
            );
          if (usable(all, files)) expect(usable(kept, left)).toBe(true);
        }
      }),
    );
  });
});

describe("when the next backup is due", () => {
  test("immediately if there is none", () =>
    expect(nextBackup({ every: DAY, at: undefined }, undefined, NOW)).toBe(NOW));
  test("an interval after the newest", () =>
    expect(nextBackup({ every: HOUR, at: undefined }, NOW, NOW)).toBe(NOW + HOUR));
  test("at the configured time of the next day", () =>
    expect(nextBackup({ every: DAY, at: "03:30" }, NOW, NOW)).toBe(Date.UTC(2025, 10, 22, 3, 30)));
  test("not postponed by a manual backup before the configured time", () =>
    expect(nextBackup({ every: DAY, at: "18:00" }, NOW, NOW)).toBe(Date.UTC(2025, 10, 21, 18)));
});

describe("the data directory, before the server starts", () => {
  const none = { present: false, system: "1", backups: [], failed: [], timelines: [ONE] };
  test("is used if it exists", () => expect(decideDatabase({ ...none, present: true }).action).toBe("start"));
  test("is initialised at the first start", () =>
    expect(decideDatabase({ ...none, system: undefined }).action).toBe("initialise"));
  test("is restored if it is lost, from the newest backup that is not invalid", () => {
    const backups = [
      backup(1, 1, 1, true, "old"),
      backup(2, 2, 2, undefined, "untried"),
      backup(3, 3, 3, false, "invalid"),
    ];
    expect(decideDatabase({ ...none, backups })).toMatchObject({
      action: "restore",
      backup: { manifest: { id: "untried" } },
    });
    expect(decideDatabase({ ...none, backups, failed: ["untried"] })).toMatchObject({
      backup: { manifest: { id: "old" } },
    });
  });
  test("is not restored from a backup of what an earlier restore has discarded", () => {
    const before = backup(1000, 2, 2, true, "before");
    const discarded = backup(4000, 6, 6, true, "discarded");
    const left = { ...discarded, manifest: { ...discarded.manifest, stopLsn: "0/6000100" } };
    const timelines = [ONE, TWO];
    expect(decideDatabase({ ...none, backups: [before, left], timelines })).toMatchObject({ backup: before });
    expect(decideDatabase({ ...none, backups: [left], timelines })).toMatchObject({
      action: "refuse",
      reason: expect.stringContaining("1 is on a timeline that was left (discarded)"),
    });
  });
  test("is never initialised again if it is lost and no backup is usable", () =>
    expect(decideDatabase({ ...none, backups: [backup(1, 1, 1, false)] }).action).toBe("refuse"));
  test("is restored only from a backup that the platform has written and can decrypt, and the others are named", () => {
    const mine = backup(1, 1, 1, true, "mine");
    const forged: Backup = { ...backup(2, 2, 2, true, "forged"), origin: "unauthenticated" };
    const foreign: Backup = { ...backup(3, 3, 3, true, "foreign"), origin: "other-key", opens: false };
    expect(decideDatabase({ ...none, backups: [mine, forged, foreign] })).toMatchObject({ backup: mine });
    expect(decideDatabase({ ...none, backups: [forged, foreign] })).toEqual({
      action: "refuse",
      reason:
        "its data directory does not exist, and there is no usable backup of it; 1 is encrypted to another identity " +
        "(foreign); 1 is without a valid authentication code (forged)",
    });
  });
  test("is not restored from another database's backup", () =>
    expect(decideDatabase({ ...none, system: "2", backups: [backup(1, 1)] }).action).toBe("refuse"));
});

describe("the segments that a server replays", () => {
  const file = (position: number, timeline = 1) => segment(position, 0, timeline).file;
  const names = (files: readonly { name: string }[]) => files.map(({ name }) => name);
  const first = segmentName(1, 2n);

  test("end at the first missing segment", () =>
    expect(
      names(
        replayPath(
          [1, 2, 3, 5].map((n) => file(n)),
          ONE,
          first,
        ),
      ),
    ).toEqual([2n, 3n].map((n) => segmentName(1, n))));
  test("exclude segments of the older timeline after the switch to the newer one", () =>
    expect(
      names(replayPath([file(2), file(3), file(4), file(5), file(6), file(4, 2), file(5, 2)], TWO, first)),
    ).toEqual([segmentName(1, 2n), segmentName(1, 3n), segmentName(2, 4n), segmentName(2, 5n)]));
  test("lead through every timeline to the newest", () => {
    const three = { number: 3, ancestors: parseHistory("1\t0/4000098\tx\n\n2\t0/6000000\ty\n"), since: 6000 };
    const files = [file(2), file(3), file(4), file(4, 2), file(5, 2), file(6, 2), file(6, 3)];
    expect(names(replayPath(files, three, first))).toEqual([
      segmentName(1, 2n),
      segmentName(1, 3n),
      segmentName(2, 4n),
      segmentName(2, 5n),
      segmentName(3, 6n),
    ]);
  });
  test("never include a partial segment", () => {
    const started = parseLogFile(`${segmentName(1, 3n)}.partial`);
    expect(names(replayPath([file(2), ...(started ? [started] : [])], ONE, first))).toEqual([first]);
  });
});

describe("the timeline that a restore follows", () => {
  const timelines = [ONE, TWO];
  const manifest = (stopLsn: string) => ({ ...backup(1000, 2).manifest, stopLsn });
  const followed = (target: RestoreTarget, of = manifest("0/3000000")) => chooseTimeline(timelines, target, of).number;

  test("is the newest that the backup leads to", () => {
    expect(followed({ kind: "latest" })).toBe(2);
    expect(followed({ kind: "latest" }, manifest("0/6000000"))).toBe(1);
    expect(followed({ kind: "restore-point" })).toBe(1);
  });
  test("is the one that was current at the requested time", () => {
    expect(followed({ kind: "time", at: 4999 })).toBe(1);
    expect(followed({ kind: "time", at: 5000 })).toBe(2);
  });
  test("can be requested, if the backup leads to it", () => {
    expect(followed({ kind: "time", at: 9000, timeline: 1 })).toBe(1);
    expect(() => followed({ kind: "latest", timeline: 2 }, manifest("0/6000000"))).toThrow(
      "does not lead to timeline 2",
    );
    expect(() => chooseTimeline(timelines, { kind: "latest", timeline: 7 })).toThrow("there is no timeline 7");
  });
  test("decides which backup is the latest for a time", () => {
    const early = backup(1000, 2, 2, true, "early");
    const left = { ...backup(4000, 6, 6, true, "left") };
    const backups = [early, { ...left, manifest: { ...left.manifest, stopLsn: "0/6000100" } }];
    const latest = (target: RestoreTarget) => backupFor(backups, "latest", target, timelines).manifest.id;
    expect(latest({ kind: "latest" })).toBe("early");
    expect(latest({ kind: "time", at: 4500 })).toBe("left");
    expect(latest({ kind: "time", at: 6000 })).toBe("early");
    expect(latest({ kind: "time", at: 6000, timeline: 1 })).toBe("left");
  });
});

describe("the log that a recovery needs", () => {
  const log = [1, 2, 3, 4, 5].map((position) => segment(position, position * 1000));
  const first = segmentName(1, 2n);
  const positions = (range: ReturnType<typeof logRange>) =>
    range.ok ? range.files.map(({ file }) => (file.kind === "segment" ? Number(file.position) : file.name)) : range;

  test("is everything from the backup's first segment on", () =>
    expect(positions(logRange(log, first, "latest", ONE))).toEqual([2, 3, 4, 5]));
  test("for a point in time is all of it, because a segment may be stored long after it was closed", () =>
    expect(positions(logRange(log, first, { time: 3500 }, ONE))).toEqual([2, 3, 4, 5]));
  test("is rejected if it has a gap, with the files before the gap", () =>
    expect(
      logRange(
        log.filter((_, n) => n !== 3),
        first,
        "latest",
        ONE,
      ),
    ).toEqual({ ok: false, missing: segmentName(1, 4n), files: log.slice(1, 3) }));
  test("ends at a gap that may be after the requested time, and is rejected for a gap before it", () => {
    const broken = log.filter((_, n) => n !== 3);
    expect(positions(logRange(broken, first, { time: 2500 }, ONE))).toEqual([2, 3]);
    expect(logRange(broken, first, { time: 2500 }, ONE)).toMatchObject({ ok: true, firstMissing: segmentName(1, 4n) });
    expect(logRange(broken, first, { time: 3500 }, ONE)).toMatchObject({ ok: false, missing: segmentName(1, 4n) });
  });
  test("a gap in a later timeline is not filled by the earlier one", () => {
    const branched = [...log, segment(4, 6000, 2), segment(6, 8000, 2)];
    expect(logRange(branched, first, "latest", TWO)).toMatchObject({ ok: false, missing: segmentName(2, 5n) });
  });
  test("is that of the followed timeline only, whatever another one contains or lacks", () => {
    const branched = [...log, segment(4, 6000, 2), segment(5, 7000, 2), segment(6, 8000, 2)];
    const names = (range: ReturnType<typeof logRange>) => (range.ok ? range.files.map(({ file }) => file.name) : []);
    const of = (timeline: number, ...numbers: number[]) => numbers.map((n) => segmentName(timeline, BigInt(n)));
    expect(names(logRange(branched, first, "latest", TWO))).toEqual([...of(1, 2, 3), ...of(2, 4, 5, 6)]);
    expect(names(logRange(branched, first, "latest", ONE))).toEqual(of(1, 2, 3, 4, 5));
  });
  test("ends where a timeline left its parent, if nothing of it is archived yet", () => {
    expect(logRange(log, first, "latest", TWO)).toMatchObject({ ok: true, atFork: true, files: log.slice(1, 4) });
    // The segment of the switch may never have been completed on the parent.
    expect(logRange(log.slice(0, 3), first, "latest", TWO)).toMatchObject({ ok: true, files: log.slice(1, 3) });
    expect(logRange(log.slice(0, 2), first, "latest", TWO)).toMatchObject({ ok: false, missing: segmentName(1, 3n) });
  });
  test("names of segments count across logs", () => {
    expect(segmentName(1, segmentOf("1/2000148"))).toBe("000000010000000100000002");
    expect(parseLogFile("0000000100000001000000FF")).toMatchObject({ position: 511n });
    for (const name of ["../../etc/passwd", "", "00000001000000010000000G", "x.history"])
      expect(parseLogFile(name)).toBeUndefined();
  });
});
