import { describe, expect, test } from "vitest";
import { estimateDrill } from "../../src/recovery/drills/estimate.js";
import { executors } from "../../src/recovery/drills/faults/index.js";
import { planOf } from "../support/check/findings.js";

const plan = (backups: string) =>
  planOf(`
platform: shop
services: { gateway: { modules: [gateway, accounts, usage], calls: [ledger, assistant] } }
stores: { ledger: { postgres: 17, size: 1Gi${backups} } }
models: { assistant: { engine: simulated } }
environments: { local: {} }
`);

const BACKED_UP = plan(", backups: { full: daily keep 7d, log: 30s keep 7d }");

describe("the estimate of a drill before it starts", () => {
  test("names what the loss of the database costs: the writes of a log interval, in seconds and records", () => {
    const estimate = estimateDrill(BACKED_UP, executors["database-loss"](), 2);
    expect(estimate.dataLoss?.loses).toBe("acknowledged writes to ledger since the newest archived WAL segment");
    const seconds = estimate.dataLoss?.estimatedSeconds ?? 0;
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(seconds).toBeLessThan(40);
    expect(estimate.dataLoss?.estimatedRecords).toBe(2 * seconds);
    expect(estimate.unavailableSeconds).toBeGreaterThan(0);
  });

  test("leaves the number of records out while the database does not respond", () => {
    expect(estimateDrill(BACKED_UP, executors["backup-corruption"](), undefined).dataLoss).not.toHaveProperty(
      "estimatedRecords",
    );
  });

  test("has no data loss for a fault that loses no acknowledged data, or that is refused without an archive", () => {
    expect(estimateDrill(BACKED_UP, executors["process-crash"](), 2)).not.toHaveProperty("dataLoss");
    expect(estimateDrill(plan(", backups: { log: 30s keep 7d }"), executors["database-loss"](), 2)).not.toHaveProperty(
      "dataLoss",
    );
  });
});
