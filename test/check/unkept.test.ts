import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import { unkept, unkeptText } from "../../src/check/unkept.js";
import { planOf, plansOf } from "../support/check/findings.js";
import { platforms, yamlOf } from "../support/promises/platforms.js";
import { runs } from "../support/property-runs.js";

const shop = (objectives: string, calls = "[orders]") => `platform: shop
services:
  web: { modules: [accounts], calls: ${calls} }
stores:
  orders: { postgres: 17, size: 10G, backups: { full: daily keep 7d, log: 5m keep 7d } }
objectives: ${objectives}
`;
const lineOf = (text: string): string | undefined => unkeptText(unkept(planOf(text)));

describe("what a design cannot keep, as one line", () => {
  it("is nothing for a design without errors", () => {
    expect(lineOf(shop("{ rto: 4h, rpo: 1h, except: [deletion, node-pressure] }"))).toBeUndefined();
  });

  it("names two broken promises and counts the others", () => {
    expect(lineOf(shop("{ rto: 4h, rpo: { database-loss: 1m }, except: [deletion, node-pressure] }"))).toBe(
      "this design cannot keep 1 promise (RPO of orders in database-loss)",
    );
    expect(lineOf(shop("{ rto: 1s }"))).toMatch(
      /^this design cannot keep \d+ promises \(RTO of web in process-crash, RTO of orders in process-crash and \d+ more\)$/,
    );
  });

  it("is there exactly if `check` finds an error", () => {
    fc.assert(
      fc.property(platforms, (platform) => {
        for (const plan of plansOf(yamlOf(platform))) {
          const hasErrors = check([plan]).some(({ severity }) => severity === "error");
          expect(unkeptText(unkept(plan)) !== undefined).toBe(hasErrors);
        }
      }),
      { numRuns: runs(60) },
    );
  });
});
