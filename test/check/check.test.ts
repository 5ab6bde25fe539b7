import { describe, expect, it } from "vitest";
import { fixed } from "../../src/check/fix.js";
import { findingsText } from "../../src/check/output/text.js";
import { misspeltName } from "../../src/check/rules/delivery/misspelt-name.js";
import { edited } from "../../src/check/safety.js";
import { findingsIn, planOf, plansOf } from "../support/check/findings.js";
import { rowOf, sheetOf } from "../support/promises/rows.js";

const shop = `platform: shop
cloud: aws
# Kept for the auditors.
services:
  web: { modules: [accounts], replicas: 2 }   # the face
stores:
  orders: { postgres: 17, backups: { full: daily keep 30d } }
objectives: { rpo: 24h }
environments:
  staging: {}
  production:
    data: real
    services:
      web: { disruption: { minAvailable: 2 } }
`;

describe("findings of several environments", () => {
  it("are said once and name the environments that they hold for", () => {
    const findings = findingsIn(shop);
    const shared = findings.filter(({ code }) => code === "recovery/rpo-interval");
    expect(shared.map(({ environments }) => environments)).toEqual([["staging", "production"]]);
    const own = findings.filter(({ code }) => code === "availability/pdb-blocks-drain");
    expect(own.map(({ environments, origin }) => [environments, origin.line])).toEqual([[["production"], 14]]);
  });

  it("are mended where the value is written: in the base, or under the environment", () => {
    const { text, applied } = fixed(shop, findingsIn(shop), plansOf);
    expect(applied.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["recovery/rpo-interval", "availability/pdb-blocks-drain"]),
    );
    expect(text).toContain("full: daily keep 30d, log: 5m keep 2d");
    expect(text).toContain("web: { disruption: { minAvailable: 1 } }");
    expect(text).toContain("# Kept for the auditors.");
    expect(text).toContain("replicas: 2 }   # the face");
    expect(findingsIn(text).filter(({ safe, fix }) => safe && fix)).toEqual([]);
  });

  it("that only one environment has are mended there and nowhere else", () => {
    const text = shop.replace(
      "      web: { disruption: { minAvailable: 2 } }",
      "      web: { rollout: { surge: 0, unavailable: 2 } }",
    );
    const mended = fixed(text, findingsIn(text), plansOf).text;
    expect(mended).toContain("web: { rollout: { surge: 1, unavailable: 0 } }");
    expect(mended.split("environments:")[0]).not.toContain("rollout");
  });
});

describe("a store that nothing is taken of", () => {
  const stores = (more: string) => `platform: shop
cloud: aws
provide: in-cluster
zones: 3
stores:
  sessions: { redis: 7, shards: 3, replicas: 1, objectives: { rpo: 1h } }
  orders: { postgres: 17, standby: another-zone, objectives: { rpo: 1h } }
${more}observe: { metrics: prometheus }
`;
  const of = (text: string) => findingsIn(text).filter(({ code }) => code === "recovery/no-backup");

  it("is given no backups that would never be taken, and others are where there is a bucket to send them to", () => {
    const text = stores("  away: { bucket: true, provide: managed }\n");
    const mended = fixed(text, of(text), plansOf).text;
    expect(mended).toContain("objectives: { rpo: 1h }, backups: { full: daily keep 7d, log: 5m keep 7d, to: away } }");
    expect(mended).not.toContain("snapshot");
    expect(of(mended).map(({ hint }) => hint)).toEqual([expect.stringMatching(/^keep the data in a store that is/)]);
    expect(of(stores("")).map(({ fix, hint }) => [fix, hint?.split(",")[0]])).toEqual([
      [undefined, "keep the data in a store that is backed up"],
      [undefined, "name a bucket in `backups.to`"],
    ]);
  });
});

describe("a fix of what an anchor repeats", () => {
  const text = `platform: shop
cloud: aws
services:
  web: &usual
    modules: [accounts]
    replicas: 2
    disruption:
      minAvailable: 2
  other: *usual
`;

  it("is left to a person, and the finding is told all the same", () => {
    const found = findingsIn(text).filter(({ code }) => code === "availability/pdb-blocks-drain");
    expect(found.map(({ path, safe }) => [path, safe])).toEqual([
      ["services.other.disruption.minAvailable", true],
      ["services.web.disruption.minAvailable", false],
    ]);
    expect(found[1]?.hint).toContain("by hand, since a machine would change more than this");
    expect(fixed(text, found, plansOf).text).toBe(
      text.replace("*usual", "{ <<: *usual, disruption: { minAvailable: 1 } }"),
    );
  });
});

describe("a promise of its own where there is one zone", () => {
  const text = `platform: shop
cloud: aws
services: { web: { modules: [accounts], objectives: { rto: 10m, except: [node-loss] } } }
observe: { metrics: prometheus }
`;
  const of = (file: string) => findingsIn(file).filter(({ code }) => code === "availability/zone-loss");

  it("is told where it is made, and withdrawn there", () => {
    const [finding, ...others] = of(text);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ origin: { line: 3, column: 60 }, safe: false });
    expect(finding?.message).toBe(
      "RTO 10m is promised, but web runs, as everything, in one zone: when that is lost, nothing is left but the backups",
    );
    const mended = edited(text, finding?.fix ?? []) ?? "";
    expect(mended).toContain("except: [ node-loss, zone-loss ]");
    expect(of(mended)).toEqual([]);
  });
});

describe("a difference that misspells what it changes", () => {
  const text = `platform: shop
services: { gateway: { modules: [gateway], calls: [llama-3.1-chat] } }
models: { llama-3.1-chat: { engine: simulated } }
environments:
  production:
    models:
      llama-3.1-caht: { concurrency: 8 }
`;
  const [finding, ...others] = findingsIn(text, [misspeltName]);

  it("is told at its key, and left to a person", () => {
    expect(others).toEqual([]);
    expect(finding?.origin).toMatchObject({ line: 7, column: 7, environment: "production" });
    expect(finding?.safe).toBe(false);
    expect(fixed(text, finding ? [finding] : [], plansOf).applied).toEqual([]);
  });

  it("has a fix that gives the key the name that was meant, so that the difference reaches the base's element", () => {
    const mended = edited(text, finding?.fix ?? []) ?? "";
    expect(mended).toBe(text.replace("caht", "chat"));
    expect(findingsIn(mended, [misspeltName])).toEqual([]);
    expect(planOf(mended, "production").models.map(({ name, concurrency }) => [name, concurrency])).toEqual([
      ["llama-3.1-chat", 8],
    ]);
  });
});

describe("a backup that its provider does not take", () => {
  it("is told at its line, and is an error of the promise that rests on it", () => {
    const findings = findingsIn(`platform: shop
provide: in-cluster
stores:
  events: { rabbitmq: "4.0", backups: { snapshot: daily keep 7d } }
objectives: { rpo: 25h }
observe: { metrics: prometheus }
`);
    const told = findings.filter(({ message }) => message.includes("RabbitMQ StatefulSet takes none"));
    expect(told.map(({ code, severity, origin }) => `${origin.line} ${severity} ${code}`)).toEqual([
      "4 warning recovery/no-backup",
      "5 error availability/zone-loss",
    ]);
  });
});

describe("a fix that would break a promise that is kept", () => {
  // A log shipped twice as often is twice as many files to fetch: the RTO after an unreadable backup would go to 23 min.
  const tight = `platform: shop
provide: embedded
stores:
  orders: { postgres: 17, backups: { full: daily keep 7d, log: 1m keep 7d } }
objectives: { rto: 16m, rpo: 1m }
`;

  it("is not safe, is not applied, and its advice says which promise", () => {
    const before = rowOf(sheetOf(tight), "backup-corruption", "orders");
    expect(before.rto.verdict).toBe("kept");
    const finding = findingsIn(tight).find(({ code }) => code === "recovery/rpo-interval");
    expect(finding).toMatchObject({
      safe: false,
      hint: expect.stringContaining("by itself this would break the RTO of orders in backup-corruption (default)"),
    });
    expect(fixed(tight, findingsIn(tight), plansOf)).toEqual({ text: tight, applied: [] });
  });

  it("is not applied even where a rule calls it safe", () => {
    const trusting = findingsIn(tight).map((finding) => ({ ...finding, safe: true }));
    expect(fixed(tight, trusting, plansOf).text).toBe(tight);
  });
});

describe("a platform in one zone", () => {
  const single = (objectives: string): string => `platform: shop
cloud: linode
stores:
  orders: { postgres: 17, backups: { full: daily keep 30d } }
objectives: ${objectives}
observe: { metrics: prometheus }
`;
  const found = (text: string) => findingsIn(text).filter(({ code }) => code === "availability/zone-loss");

  it("is an error for each promise that the loss of the zone breaks, with the numbers", () => {
    const findings = found(single("{ rto: 4h, rpo: 24h }"));
    expect(findings.map(({ severity, origin, concerns }) => [severity, origin.line, concerns])).toEqual([
      ["error", 5, [{ fault: "zone-loss", subject: "shop", of: "rto" }]],
      ["error", 5, [{ fault: "zone-loss", subject: "shop", of: "rpo" }]],
    ]);
    expect(findings[1]?.message).toBe(
      "RPO 24h is promised, but everything runs in one zone: when that is lost, 24h4m (backup interval 24h + time that a backup takes 3m35s) of writes are lost",
    );
  });

  it("has none where the promise is said not to cover the fault, as the fix would write it", () => {
    expect(found(single("{ rto: 4h, rpo: 24h, except: [zone-loss] }"))).toEqual([]);
    const text = single("{ rto: 4h, rpo: 24h }");
    const willing = findingsIn(text).map((each) => ({ ...each, safe: each.code === "availability/zone-loss" }));
    expect(found(fixed(text, willing, plansOf).text)).toEqual([]);
  });
});

describe("findings as text", () => {
  it("show place, why, the line with a caret, and the fix", () => {
    const text = findingsText(findingsIn(shop), new Map([["platform.yaml", shop]]), ["staging", "production"]);
    expect(text).toContain(
      [
        "platform.yaml:14:42 error availability/pdb-blocks-drain web keeps 2 available of 2 replicas at least, so no pod may ever be evicted (in production)",
        "  14 |       web: { disruption: { minAvailable: 2 } }",
      ].join("\n"),
    );
    expect(text).toMatch(/\n {2}fix \(--fix does it\): let one go: `minAvailable: 1`/);
    expect(text).toMatch(/\d+ errors?, .* in staging, production; --fix would mend \d$/);
  });
});
