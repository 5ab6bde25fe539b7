import { describe, expect, test } from "vitest";
import type { RecoveryReport } from "../../src/contracts/recovery.js";
import { reserveOf } from "../../src/disk/space.js";
import { expectedBackupBytes, requireBackupSpace, withinSpace } from "../../src/recovery/backup/backup-space.js";
import { recoveryProblems } from "../../src/recovery/problems.js";

const NOW = 1_700_000_000_000;
const MiB = 2 ** 20;
const GiB = 2 ** 30;
const HOUR = 3_600_000;

const HEALTHY: Omit<RecoveryReport, "problems"> = {
  backups: { place: "/backups", count: 2, newest: { id: "b2", at: NOW - HOUR, valid: true } },
  archive: { archived: 5, backlog: { files: 1, bytes: 16 * MiB, oldestAt: NOW - 5_000 } },
  database: { name: "ledger", size: 100 * MiB, declared: 512 * MiB, disk: { free: 20 * GiB, total: 100 * GiB } },
};
const EXPECTED = { logEvery: 30_000, fullEvery: 24 * HOUR };

const problems = (report: Partial<Omit<RecoveryReport, "problems">>) =>
  recoveryProblems({ ...HEALTHY, ...report }, EXPECTED, NOW);

describe("the problems of a platform's recovery", () => {
  test("are none while everything is as declared", () => {
    expect(problems({})).toEqual([]);
  });

  test("name WAL files that wait longer than declared, though the last segment was archived a second ago", () => {
    const backlog = { files: 700, bytes: 700 * 16 * MiB, oldestAt: NOW - 540_000 };
    expect(problems({ archive: { archived: 809, last: { name: "x", at: NOW - 1000 }, backlog } })).toEqual([
      {
        severity: "degraded",
        what: "700 WAL files (10.9Gi) are not archived, the oldest for 9m; declared: within 30s",
      },
    ]);
  });

  test.each([
    [{ id: "b2", at: NOW - HOUR, valid: false }, "the newest backup b2 is not valid"],
    [{ id: "b2", at: NOW - 49 * HOUR, valid: true }, "the newest backup is 2d1h old; one is due every 24h"],
  ])("name a newest backup that cannot be relied on", (newest, what) => {
    expect(problems({ backups: { place: "/backups", newest } })).toEqual([{ severity: "degraded", what }]);
  });

  test("name a tablespace that no backup contains", () => {
    const database = {
      name: "ledger",
      size: MiB,
      declared: GiB,
      disk: { free: GiB, total: GiB },
      tablespaces: ["/fast"],
    };
    expect(problems({ database })).toEqual([
      {
        severity: "degraded",
        what: "ledger has a tablespace at /fast: no backup can be taken; move its tables and drop it",
      },
    ]);
  });

  test("name a disk that is nearly full, and a database that has outgrown its declared size", () => {
    const database = { name: "ledger", size: 4 * GiB, declared: 512 * MiB, disk: { free: 100 * MiB, total: 10 * GiB } };
    expect(problems({ database })).toEqual([
      { severity: "degraded", what: "the disk of ledger is nearly full: 100Mi of 10Gi are left" },
      { severity: "warning", what: expect.stringContaining("ledger has 4Gi, more than its declared size of 512Mi") },
    ]);
  });
});

describe("the space of a backup", () => {
  const space = (free: number, total = 100 * GiB) => ({ free, total });
  const earlier = (size: number, bytes: number) => ({ size, base: { bytes } });

  test("is expected from the backup before it, with a tenth more, and at most the size of the data", () => {
    expect(expectedBackupBytes(GiB, undefined)).toBe(GiB);
    expect(expectedBackupBytes(2000, earlier(1000, 200))).toBeCloseTo(440, -1);
    expect(expectedBackupBytes(2000, earlier(1000, 990))).toBe(2000);
  });

  test("leaves a twentieth of the disk free, at most 512 MiB", () => {
    expect(reserveOf(space(0, GiB))).toBe(Math.floor(GiB / 20));
    expect(reserveOf(space(0))).toBe(512 * MiB);
    expect(() => requireBackupSpace("/b", space(GiB), 512 * MiB)).not.toThrow();
    expect(() => requireBackupSpace("/b", space(GiB), 513 * MiB)).toThrow(
      "the backup needs 513 MiB, and 512 MiB must stay free, but the disk that holds /b has 1024 MiB left",
    );
  });

  test("is checked while it is written: the database's own growth can take it", async () => {
    let free = 2 * GiB;
    async function* content() {
      for (;;) {
        free -= 16 * MiB;
        yield Buffer.alloc(MiB);
      }
    }
    const written = async () => {
      let bytes = 0;
      for await (const chunk of withinSpace(content(), "/b", async () => space(free))) bytes += chunk.byteLength;
      return bytes;
    };
    await expect(written()).rejects.toMatchObject({ code: "backup/no-space" });
    expect(free).toBeGreaterThan(0);
  });
});
