import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const shop = (database: string, rest = ""): string => `
platform: shop
cloud: aws
stores:
  orders: ${database}
objectives: { rto: 4h, rpo: 1h }
observe: { metrics: prometheus, alerts: { down: 2m }, routes: { critical: pagerduty } }
${rest}`;
const row = (database: string, rest?: string) => rowOf(sheetOf(shop(database, rest)), "database-loss", "orders");
const minute = 60_000;

describe("database-loss", () => {
  it("loses at most the log shipping interval and the segment being uploaded", () => {
    const { rpo } = row("{ postgres: 17, backups: { full: daily keep 30d, log: 5m keep 7d } }");
    expect(termOf(rpo.predicted, "log shipping interval")).toBe(5 * minute);
    expect(totalOf(rpo.predicted)).toBeGreaterThan(5 * minute);
    expect(totalOf(rpo.predicted)).toBeLessThan(5.1 * minute);
    expect(rpo.verdict).toBe("kept");
  });

  it("loses the backup interval and the duration of a backup without WAL archiving", () => {
    const { rpo } = row("{ postgres: 17, size: 100G, backups: { full: daily keep 30d } }");
    expect(termOf(rpo.predicted, "backup interval")).toBe(24 * 60 * minute);
    expect(termOf(rpo.predicted, "duration of a backup")).toBe((100e9 / 100e6) * 1000);
    expect(rpo.verdict).toBe("broken");
  });

  it("is unbounded without a backup, with a fix", () => {
    const { rpo, rto, verdict } = row("{ postgres: 17 }");
    expect(rpo.predicted).toMatchObject({ kind: "unbounded", fix: { advice: "declare backups of orders" } });
    expect(rto.predicted.kind).toBe("unbounded");
    expect(verdict).toBe("broken");
  });

  it("is unbounded with archived WAL and no full backup to replay it on", () => {
    const { rpo } = row("{ postgres: 17, backups: { log: 5m keep 7d } }");
    expect(rpo.predicted).toMatchObject({ kind: "unbounded", fix: { advice: "add a full backup" } });
  });

  it("lasts for the alert, the on-call response, a new server, the restore and the WAL replay", () => {
    const { rto } = row("{ postgres: 17, size: 50G, backups: { full: daily keep 30d, log: 5m keep 7d } }");
    expect(termsOf(rto.predicted)).toEqual([
      "probe",
      "alert fires",
      "alert evaluated and sent",
      "on-call response",
      "new server provisioned",
      "restore of the backup",
      "fetch of the log",
      "replay of the log",
      "clients configured for the new server",
      "clients reconnect",
    ]);
    expect(termOf(rto.predicted, "restore of the backup")).toBe((50e9 / 50e6) * 1000);
    expect(termOf(rto.predicted, "alert fires")).toBe(2 * minute);
    expect(termOf(rto.predicted, "on-call response")).toBe(5 * minute);
  });

  it("takes longer if no one is paged", () => {
    const paged = row("{ postgres: 17, backups: { full: daily } }");
    const seen = rowOf(
      sheetOf(shop("{ postgres: 17, backups: { full: daily } }").replace(", routes: { critical: pagerduty }", "")),
      "database-loss",
      "orders",
    );
    expect(termOf(seen.rto.predicted, "on-call response")).toBe(30 * minute);
    expect(totalOf(seen.rto.predicted)).toBeGreaterThan(totalOf(paged.rto.predicted));
  });

  it("is unknown, and not kept, if no alert can fire", () => {
    const unmonitored = shop("{ postgres: 17, backups: { full: daily keep 30d, log: 5m keep 7d } }").replace(
      /observe: .*/,
      "observe: { metrics: none }",
    );
    const { rto } = rowOf(sheetOf(unmonitored), "database-loss", "orders");
    expect(rto).toMatchObject({ verdict: "unknown", predicted: { kind: "unknown" } });
  });

  it("needs no on-call response on a laptop: the supervisor restores", () => {
    const laptop = `
platform: shop
provide: embedded
stores:
  orders: { postgres: 17, size: 1G, backups: { full: 30m keep 7d, log: 30s keep 7d } }
objectives: { rto: 1m, rpo: 1m }
`;
    const { rto, rpo } = rowOf(sheetOf(laptop), "database-loss", "orders");
    expect(termsOf(rto.predicted)).not.toContain("on-call response");
    expect([rto.verdict, rpo.verdict]).toEqual(["kept", "kept"]);
  });

  it("counts one segment per shipping interval, and one whenever the amount written fills it", () => {
    const fetched = (schedules: string, size = "100M") => {
      const own = `{ postgres: 17, provide: in-cluster, size: ${size}, backups: { ${schedules}, to: copies } }`;
      return termOf(row(`${own}\n  copies: { bucket: true }`).rto.predicted, "fetch of the log");
    };
    expect(fetched("full: daily keep 30d, log: 5m keep 7d")).toBe(288 * 500);
    expect(fetched("full: daily keep 30d, log: 30s keep 7d")).toBe(2880 * 500);
    expect(fetched("full: hourly keep 30d, log: 30s keep 7d")).toBe(120 * 500);
    // A tenth of 160 GiB a day fills 1024 segments.
    expect(fetched("full: daily keep 30d, log: 5m keep 7d", "160Gi")).toBe((288 + 1024) * 500);
  });

  it("counts a full segment on one machine as so much of a backup", () => {
    const fetched = (size: string) =>
      termOf(
        rowOf(
          sheetOf(
            `platform: laptop\nprovide: embedded\nstores:\n  orders: { postgres: 17, size: ${size}, backups: { full: daily keep 2d, log: 15m keep 2d } }\n`,
          ),
          "database-loss",
          "orders",
        ).rto.predicted,
        "fetch of the log",
      );
    expect(fetched("100M")).toBe(192 * 75);
    expect(fetched("160Gi") - fetched("100M")).toBeCloseTo(((16 * 2 ** 30) / 50e6) * 1000);
  });

  it("uses the provider's intervals if the file declares shorter ones, and cites them", () => {
    const { rpo, rto } = row("{ postgres: 17, backups: { full: 6h keep 90d, log: 30s keep 7d } }");
    if (rpo.predicted.kind !== "bounded") throw new Error("expected a bound");
    expect(rpo.predicted.terms[0]).toMatchObject({
      name: "log shipping interval",
      value: 5 * minute,
      origin: { kind: "citation", source: expect.stringContaining("RDS") },
    });
    // A day of WAL to fetch, since the last full backup that RDS takes: of 10 GiB a tenth, in full segments.
    expect(termOf(rto.predicted, "fetch of the log")).toBe((288 + 64) * 500);
  });

  it("has a line for each declared term and a source for each other term", () => {
    const { rto, rpo } = row("{ postgres: 17, backups: { full: daily keep 30d, log: 5m keep 7d } }");
    for (const { predicted } of [rto, rpo]) {
      if (predicted.kind !== "bounded") throw new Error("expected a bound");
      for (const { origin } of predicted.terms) {
        if (origin.kind === "citation") expect(origin.source.length).toBeGreaterThan(10);
        else if (origin.kind === "assumption") expect(origin.why.length).toBeGreaterThan(10);
        else if ("line" in origin) expect(origin.line).toBeGreaterThan(0);
        else throw new Error(`measured: ${origin.kind}`);
      }
    }
  });
});
