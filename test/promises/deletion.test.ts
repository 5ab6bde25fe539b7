import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, termOf, termsOf, totalOf } from "../support/promises/rows.js";

const OBSERVE = "observe: { metrics: prometheus, routes: { critical: pagerduty } }";

const managed = (backups: string, bucket = "true") => `
platform: shop
cloud: aws
zones: 3
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, calls: [orders, files] } }
stores:
  orders: { postgres: 17, standby: another-zone, backups: ${backups} }
  files: { bucket: ${bucket} }
objectives: { rto: 4h, rpo: 1m }
${OBSERVE}
`;

const inCluster = (bucket: string) => `
platform: shop
cloud: aws
zones: 3
provide: in-cluster
stores:
  orders: { postgres: 17, standby: another-zone, backups: { full: daily keep 7d, log: 30s keep 7d, to: dumps } }
  dumps: ${bucket}
objectives: { rto: 4h, rpo: 1m }
${OBSERVE}
`;

describe("deleted rows", () => {
  it("come back as after the loss of the database, once the moment before the deletion is found", () => {
    const sheet = sheetOf(managed("{ full: daily keep 7d, log: 5m keep 7d }"));
    const { rto } = rowOf(sheet, "deletion", "orders");
    const restore = totalOf(rowOf(sheet, "database-loss", "orders").rto.predicted);
    expect(totalOf(rto.predicted)).toBe(restore + termOf(rto.predicted, "moment of the deletion found"));
  });

  it("are not lost where the WAL is archived, because the server runs on", () => {
    const log = rowOf(sheetOf(managed("{ full: daily keep 7d, log: 5m keep 7d }")), "deletion", "orders");
    expect(totalOf(log.rpo.predicted)).toBe(0);
    const full = rowOf(sheetOf(managed("{ full: daily keep 7d }")), "deletion", "orders");
    expect(full.rpo.verdict).toBe("broken");
  });

  it("are unbounded without a backup", () => {
    const sheet = sheetOf(managed("{ log: 5m keep 7d }"));
    expect(rowOf(sheet, "deletion", "orders").rto.predicted.kind).toBe("unbounded");
  });

  it("are unknown on one machine, where nothing reports them, and lose nothing that the WAL archive has", () => {
    const machine = (backups: string) =>
      rowOf(
        sheetOf(
          `platform: shop\nprovide: embedded\nstores: { orders: { postgres: 17${backups} } }\nobjectives: { rto: 1m, rpo: 1m }\n`,
        ),
        "deletion",
        "orders",
      );
    const { rto, rpo, runbook } = machine(", backups: { full: 30m keep 2d, log: 30s keep 2d }");
    expect([rto.verdict, rpo.verdict]).toEqual(["unknown", "kept"]);
    expect(runbook.steps.map(({ command }) => command)).toContain("keelson restore latest --at TIME");
    expect(machine("").rto.predicted.kind).toBe("unbounded");
  });

  it("have no row for the namespace on one machine, which has none", () => {
    const { rows } = sheetOf("platform: shop\nprovide: embedded\nstores: { orders: { postgres: 17 } }\n");
    expect(rows.flatMap(({ fault, subject }) => (fault === "deletion" ? subject : []))).toEqual(["orders"]);
  });
});

describe("a deleted namespace", () => {
  it("takes the backups in it with it", () => {
    const sheet = sheetOf(inCluster("{ bucket: { versions: true } }"));
    const { rto, rpo } = rowOf(sheet, "deletion", "orders");
    expect([rto.predicted.kind, rpo.predicted.kind]).toEqual(["unbounded", "unbounded"]);
    expect(rowOf(sheet, "database-loss", "orders").rto.verdict).toBe("kept");
  });

  it("loses what was not archived yet, where the backups are in a bucket of the cloud", () => {
    const sheet = sheetOf(inCluster("{ bucket: { versions: true }, provide: managed }"));
    const { rpo, verdict } = rowOf(sheet, "deletion", "orders");
    expect(verdict).toBe("kept");
    expect(rpo.predicted).toEqual(rowOf(sheet, "database-loss", "orders").rpo.predicted);
  });

  it("is deployed again from the platform file", () => {
    const { rto, rpo } = rowOf(sheetOf(inCluster("{ bucket: true, provide: managed }")), "deletion", "shop");
    expect(termsOf(rto.predicted)).toContain("namespace deployed again");
    expect(totalOf(rpo.predicted)).toBe(0);
  });

  it("is not noticed without metrics", () => {
    const text = inCluster("{ bucket: true, provide: managed }").replace(OBSERVE, "");
    expect(rowOf(sheetOf(text), "deletion", "shop").rto.verdict).toBe("unknown");
  });
});

describe("deleted objects", () => {
  it("are lost in a folder of one machine, which keeps no versions", () => {
    const text = managed("{ full: daily keep 7d }", "{ versions: true }").replace(
      "cloud: aws\nzones: 3",
      "provide: embedded",
    );
    expect(rowOf(sheetOf(text), "deletion", "files").rpo.predicted.kind).toBe("unbounded");
  });

  it("come back from their older versions", () => {
    const sheet = sheetOf(managed("{ full: daily keep 7d }", "{ versions: true }"));
    expect(rowOf(sheet, "deletion", "files").verdict).toBe("kept");
  });

  it("are lost in a bucket without versions, although its storage is redundant", () => {
    const sheet = sheetOf(managed("{ full: daily keep 7d }"));
    expect(rowOf(sheet, "deletion", "files").rpo.predicted.kind).toBe("unbounded");
    expect(rowOf(sheet, "bucket-loss", "files").verdict).toBe("kept");
  });
});
