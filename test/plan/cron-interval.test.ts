import { describe, expect, it } from "vitest";
import { backupSpace } from "../../src/plan/backup-space.js";
import { cronInterval } from "../../src/plan/cron-interval.js";
import { cronSchedule } from "../../src/render/kubernetes/cron-schedule.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("an interval in a cluster", () => {
  it.each([
    [45 * SECOND, MINUTE, "* * * * *"],
    [5 * MINUTE, 5 * MINUTE, "*/5 * * * *"],
    [7 * MINUTE, 6 * MINUTE, "*/6 * * * *"],
    [90 * MINUTE, HOUR, "0 * * * *"],
    [7 * HOUR, 6 * HOUR, "0 */6 * * *"],
    [36 * HOUR, DAY, "0 2 * * *"],
    [10 * DAY, 7 * DAY, "0 2 * * 0"],
  ])("of %i ms is one that cron knows, and the rendered schedule has it", (every, known, rendered) => {
    expect(cronInterval(every)).toBe(known);
    expect(cronSchedule({ every, at: undefined })).toBe(rendered);
  });

  it("takes room for as many copies as cron takes", () => {
    const path = "stores.db.backups.full";
    const space = (every: number) =>
      backupSpace(2 ** 30, {
        full: { path, every, at: undefined, keep: 30 * DAY },
        log: undefined,
        snapshot: undefined,
      });
    expect(space(36 * HOUR)?.copies).toBe(space(DAY)?.copies);
    expect(space(36 * HOUR)?.copies).toBe(32);
  });
});
