import { describe, expect, it } from "vitest";
import { rowOf, sheetOf } from "../support/promises/rows.js";

/** A table of objectives by layer, as a document has it: load balancing, Kubernetes, application, database, cache, object storage. */
const sheet = sheetOf(`
platform: agents
cloud: aws
zones: 3
cluster: { volumes: zonal }
policies:
  application: { rto: { process-crash: 30s, node-loss: 1m, zone-loss: 1m } }
services:
  api: { image: registry.example.com/api:1.0.0, port: 8080, replicas: 3, spread: zones, calls: [db, cache, files], expose: /, objectives: application }
stores:
  db: { postgres: 17, standby: another-zone, backups: { full: daily keep 30d, log: 5m keep 7d }, objectives: { rto: { default: none, node-loss: 2m, zone-loss: 2m } } }
  cache: { redis: 7, replicas: 2, objectives: { rto: { default: none, node-loss: 1m } } }
  files: { bucket: true, objectives: { rto: 0s } }
  dumps: { bucket: true, objectives: { rpo: 0s } }
entrance:
  host: agents.example.com
  replicas: 3
  spread: { zones: require, nodes: require }
  objectives: { rto: { default: none, entrance-loss: 1m } }
observe: { metrics: prometheus, routes: { critical: pagerduty } }
`);
const verdict = (fault: string, subject: string) => rowOf(sheet, fault, subject).rto.verdict;

describe("objectives by layer", () => {
  it("are each in the sheet, with a verdict of their own", () => {
    expect(verdict("entrance-loss", "entrance")).toBe("kept");
    expect(verdict("node-loss", "api")).toBe("kept");
    expect(verdict("process-crash", "api")).toBe("kept");
    // RDS fails over within 120 s, and clients reconnect after that.
    expect(verdict("node-loss", "db")).toBe("broken");
    expect(verdict("node-loss", "cache")).toBe("broken");
    expect(verdict("bucket-loss", "files")).toBe("kept");
  });

  it("promise nothing for the faults of other layers", () => {
    expect(verdict("zone-loss", "entrance")).toBe("not-promised");
    expect(verdict("certificate-expiry", "entrance")).toBe("not-promised");
    expect(verdict("database-loss", "db")).toBe("not-promised");
  });

  it("include those of a bucket that no component calls", () => {
    expect(rowOf(sheet, "bucket-loss", "dumps").rpo).toMatchObject({ promised: 0, verdict: "kept" });
  });
});
