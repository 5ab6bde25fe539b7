import { describe, expect, it } from "vitest";
import { applySafeFixes } from "../../src/check/apply-fixes.js";
import { check } from "../../src/check/check.js";
import { findingsText } from "../../src/check/output/text.js";
import { misspelledName } from "../../src/check/rules/delivery/misspelt-name.js";
import { verifyFixes, withEdits } from "../../src/check/verify-fixes.js";
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
  it("are reported once, with the environments that have them", () => {
    const findings = findingsIn(shop);
    const shared = findings.filter(({ code }) => code === "recovery/rpo-interval");
    expect(shared.map(({ environments }) => environments)).toEqual([["staging", "production"]]);
    const own = findings.filter(({ code }) => code === "availability/pdb-blocks-drain");
    expect(own.map(({ environments, origin }) => [environments, origin.line])).toEqual([[["production"], 14]]);
  });

  it("are fixed where the value is declared: in the base, or under the environment", () => {
    const { text, applied } = applySafeFixes(shop, findingsIn(shop), plansOf);
    expect(applied.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["recovery/rpo-interval", "availability/pdb-blocks-drain"]),
    );
    expect(text).toContain("full: daily keep 30d, log: 5m keep 2d");
    expect(text).toContain("web: { disruption: { minAvailable: 1 } }");
    expect(text).toContain("# Kept for the auditors.");
    expect(text).toContain("replicas: 2 }   # the face");
    expect(findingsIn(text).filter(({ safe, fix }) => safe && fix)).toEqual([]);
  });

  it("that only one environment has are fixed in that environment", () => {
    const text = shop.replace(
      "      web: { disruption: { minAvailable: 2 } }",
      "      web: { rollout: { surge: 0, unavailable: 2 } }",
    );
    const result = applySafeFixes(text, findingsIn(text), plansOf).text;
    expect(result).toContain("web: { rollout: { surge: 1, unavailable: 0 } }");
    expect(result.split("environments:")[0]).not.toContain("rollout");
  });
});

describe("a store without backups", () => {
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

  it("gets backups that its provider takes and a bucket can store, and no others", () => {
    const text = stores("  away: { bucket: true, provide: managed }\n");
    const result = applySafeFixes(text, of(text), plansOf).text;
    expect(result).toContain("objectives: { rpo: 1h }, backups: { full: daily keep 7d, log: 5m keep 7d, to: away } }");
    expect(result).not.toContain("snapshot");
    expect(of(result).map(({ hint }) => hint)).toEqual([expect.stringMatching(/^store the data in a store that is/)]);
    expect(of(stores("")).map(({ fix, hint }) => [fix?.map(({ path }) => path), hint?.split(",")[0]])).toEqual([
      [[expect.stringMatching(/objectives\.rpo/)], "store the data in a store that is backed up"],
      [[expect.stringMatching(/objectives\.rpo/)], "set a bucket in `backups.to`"],
    ]);
  });
});

describe("a fix of a value that an alias repeats", () => {
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

  it("is not safe, and the finding is reported", () => {
    const found = findingsIn(text).filter(({ code }) => code === "availability/pdb-blocks-drain");
    expect(found.map(({ path, safe }) => [path, safe])).toEqual([
      ["services.other.disruption.minAvailable", true],
      ["services.web.disruption.minAvailable", false],
    ]);
    expect(found[1]?.hint).toContain("edit it by hand, because an alias of the file repeats this value elsewhere");
    expect(applySafeFixes(text, found, plansOf).text).toBe(
      text.replace("*usual", "{ <<: *usual, disruption: { minAvailable: 1 } }"),
    );
  });
});

describe("an element's own promise in a single zone", () => {
  const text = `platform: shop
cloud: aws
services: { web: { modules: [accounts], objectives: { rto: 10m, except: [node-loss] } } }
observe: { metrics: prometheus }
`;
  const of = (file: string) => findingsIn(file).filter(({ code }) => code === "availability/zone-loss");

  it("is reported where it is declared, and its fix excludes the fault there", () => {
    const [finding, ...others] = of(text);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ origin: { line: 3, column: 60 }, safe: false });
    expect(finding?.message).toBe(
      "RTO 10m is promised, but web runs in one zone, like everything else: if it fails, only the backups remain",
    );
    const result = withEdits(text, finding?.fix ?? []) ?? "";
    expect(result).toContain("except: [ node-loss, zone-loss ]");
    expect(of(result)).toEqual([]);
  });
});

describe("an environment with a typo in a name", () => {
  const text = `platform: shop
services: { gateway: { modules: [gateway], calls: [llama-3.1-chat] } }
models: { llama-3.1-chat: { engine: simulated } }
environments:
  production:
    models:
      llama-3.1-caht: { concurrency: 8 }
`;
  const [finding, ...others] = findingsIn(text, [misspelledName]);

  it("is reported at the key, and its fix is not safe", () => {
    expect(others).toEqual([]);
    expect(finding?.origin).toMatchObject({ line: 7, column: 7, environment: "production" });
    expect(finding?.safe).toBe(false);
    expect(applySafeFixes(text, finding ? [finding] : [], plansOf).applied).toEqual([]);
  });

  it("has a fix that renames the key, so that the override applies to the element of the base", () => {
    const result = withEdits(text, finding?.fix ?? []) ?? "";
    expect(result).toBe(text.replace("caht", "chat"));
    expect(findingsIn(result, [misspelledName])).toEqual([]);
    expect(planOf(result, "production").models.map(({ name, concurrency }) => [name, concurrency])).toEqual([
      ["llama-3.1-chat", 8],
    ]);
  });
});

describe("a backup that its provider does not take", () => {
  it("is a warning at its line, and an error of the promise that depends on it", () => {
    const findings = findingsIn(`platform: shop
provide: in-cluster
stores:
  events: { rabbitmq: "4.0", backups: { snapshot: daily keep 7d } }
objectives: { rpo: 25h }
observe: { metrics: prometheus }
`);
    const found = findings.filter(({ message }) => message.includes("RabbitMQ StatefulSet takes no backups"));
    expect(found.map(({ code, severity, origin }) => `${origin.line} ${severity} ${code}`)).toEqual([
      "4 error recovery/broker-loss",
      "4 warning recovery/no-backup",
      "5 error availability/zone-loss",
    ]);
  });
});

describe("the advice about a recovery that a person begins", () => {
  const paged = (receiver: string): string => `platform: shop
provide: in-cluster
cloud: aws
zones: 3
data: real
services:
  web: { image: "shop/web:1.0.0", port: 80, calls: [sessions, "https://api.example.net"] }
stores:
  sessions: { redis: 7, persistence: true }
objectives: { rto: { node-loss: 10m, bad-release: 10m }, availability: 99% }
observe: { metrics: prometheus${receiver} }
`;
  const hintOf = (text: string, code: string, name: string): string | undefined =>
    findingsIn(text).find((each) => each.code === code && each.message.includes(name))?.hint;

  it("pages the person first, whatever the fault is", () => {
    expect(hintOf(paged(""), "delivery/bad-release", "web")).toContain("to shorten it, page the on-call engineer");
    expect(hintOf(paged(""), "availability/node-loss", "sessions")).toMatch(
      /^promise .*; to shorten it, page the on-call engineer/,
    );
    const text = paged(", routes: { critical: pagerduty }");
    expect(hintOf(text, "delivery/bad-release", "web")).not.toContain("page the on-call engineer");
    expect(hintOf(text, "availability/node-loss", "sessions")).not.toContain("page the on-call engineer");
  });

  it("declares what makes an availability known, before it withdraws the promise", () => {
    expect(hintOf(paged(""), "availability/objective", "api.example.net")).toBe(
      "declare what its operator promises: `outside: { api.example.net: { availability: 99.9% } }`, or set no availability objective here",
    );
  });

  it("advises an append-only file for the crash of a cache in memory, with and without backups", () => {
    for (const backups of ["", ", backups: { snapshot: hourly keep 7d }"]) {
      const text = `platform: shop\nprovide: in-cluster\nstores:\n  sessions: { redis: 7${backups}, objectives: { rpo: 10m } }\n`;
      const finding = findingsIn(text).find(({ code }) => code === "availability/crash-recovery");
      expect(finding?.hint).toContain("write an append-only file (`persistence: true`)");
      expect(finding?.fix?.map(({ path, value }) => [path, value])).toEqual([["stores.sessions.persistence", true]]);
    }
  });
});

describe("a fix in a file of several environments", () => {
  const caches = `platform: shop
provide: in-cluster
stores:
  sessions: { redis: 7 }
environments:
  staging: {}
  production:
    cloud: aws
    stores: { archive: { bucket: { versions: true }, provide: managed } }
    objectives: { rpo: { cache-loss: 1h } }
    observe: { metrics: prometheus }
`;

  it("names no bucket for a store whose product stores its backups beside the data", () => {
    const finding = findingsIn(caches).find(({ code }) => code === "recovery/no-backup");
    expect(finding?.fix?.map(({ path }) => path)).toEqual(["stores.sessions.backups.snapshot"]);
    expect(finding?.safe).toBe(false);
  });

  it("is not safe where it would make the file invalid, and its advice says so", () => {
    const databases = caches.replace("sessions: { redis: 7 }", "orders: { postgres: 17, standby: another-zone }");
    const text = databases.replace("rpo: { cache-loss: 1h }", "rpo: { database-loss: 1h }");
    const fixed = check(plansOf(text)).filter(({ code }) => code === "recovery/no-backup");
    const [finding] = verifyFixes(text, fixed, (edited) => (edited === text ? plansOf(edited) : undefined));
    expect(fixed.map(({ safe }) => safe)).toEqual([true]);
    expect(finding?.safe).toBe(false);
    expect(finding?.hint).toMatch(/by itself this would make the file invalid$/);
  });
});

describe("a fix that would break a kept promise", () => {
  // Halving the archiving interval doubles the segments to fetch: the RTO of backup-corruption would be 24 min.
  const tight = `platform: shop
provide: embedded
stores:
  orders: { postgres: 17, backups: { full: daily keep 7d, log: 1m keep 7d } }
objectives: { rto: 17m, rpo: 1m }
`;

  it("is not safe, is not applied, and its advice names the promise", () => {
    const before = rowOf(sheetOf(tight), "backup-corruption", "orders");
    expect(before.rto.verdict).toBe("kept");
    const finding = findingsIn(tight).find(({ code }) => code === "recovery/rpo-interval");
    expect(finding).toMatchObject({
      safe: false,
      hint: expect.stringContaining("by itself this would break the RTO of orders in backup-corruption (default)"),
    });
    expect(applySafeFixes(tight, findingsIn(tight), plansOf)).toEqual({ text: tight, applied: [] });
  });

  it("is not applied even if its rule declares it safe", () => {
    const forced = findingsIn(tight)
      .filter(({ code }) => code === "recovery/rpo-interval")
      .map((finding) => ({ ...finding, safe: true }));
    expect(forced).toHaveLength(1);
    expect(applySafeFixes(tight, forced, plansOf).text).toBe(tight);
  });
});

describe("the advice to promise less", () => {
  const laptop = (rto: string): string => `platform: shop
provide: embedded
stores:
  orders: { postgres: 17, size: 512Mi, backups: { full: 30m keep 2d, log: 30s keep 7d } }
objectives: { rto: ${rto}, rpo: 1m, except: [node-pressure, deletion] }
`;
  const suggested = (text: string): string | undefined =>
    findingsIn(text).flatMap(({ hint }) => /promise at least (\w+)/.exec(hint ?? "")?.[1] ?? [])[0];

  it("suggests one value, which is kept under every fault", () => {
    const rto = suggested(laptop("20s"));
    expect(rto).toBeDefined();
    const errors = findingsIn(laptop(rto ?? "20s")).filter(({ severity }) => severity === "error");
    expect(errors.map(({ code, message }) => `${code} ${message}`)).toEqual([]);
  });

  it("starts with the remedy for the longest term", () => {
    const text = `platform: shop
cloud: aws
zones: 3
stores: { orders: { postgres: 17, standby: another-zone, size: 1G, backups: { full: daily keep 7d, log: 5m keep 7d } } }
objectives: { rto: 30m }
observe: { metrics: prometheus }
`;
    const hints = (file: string) =>
      findingsIn(file).flatMap(({ code, hint }) => (code === "recovery/rto-restore" ? [hint] : []));
    expect(hints(text)).toEqual([expect.stringMatching(/longest part first: page the on-call engineer/)]);
    expect(hints(text.replace("1G", "500G"))).toEqual([
      expect.stringMatching(/longest part first: store less data in one store/),
    ]);
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

  it("has an error for each promise that the loss of the zone breaks, with the numbers", () => {
    const findings = found(single("{ rto: 4h, rpo: 24h }"));
    expect(findings.map(({ severity, origin, concerns }) => [severity, origin.line, concerns])).toEqual([
      ["error", 5, [{ fault: "zone-loss", subject: "shop", of: "rto" }]],
      ["error", 5, [{ fault: "zone-loss", subject: "shop", of: "rpo" }]],
    ]);
    expect(findings[1]?.message).toBe(
      "RPO 24h is promised, but everything runs in one zone: if it fails, the writes of 24h4m (backup interval 24h + duration of a backup 3m35s) are lost",
    );
  });

  it("has no error if the promise excludes the fault, as its fix does", () => {
    expect(found(single("{ rto: 4h, rpo: 24h, except: [zone-loss] }"))).toEqual([]);
    const text = single("{ rto: 4h, rpo: 24h }");
    const forced = findingsIn(text).map((each) => ({ ...each, safe: each.code === "availability/zone-loss" }));
    expect(found(applySafeFixes(text, forced, plansOf).text)).toEqual([]);
  });
});

describe("findings as text", () => {
  it("show the place, the reason, the line with a caret, and the fix", () => {
    const text = findingsText(findingsIn(shop), new Map([["platform.yaml", shop]]), ["staging", "production"]);
    expect(text).toContain(
      [
        "platform.yaml:14:42 error availability/pdb-blocks-drain web has min available 2 of 2 replicas, so no pod can be evicted (in production)",
        "  14 |       web: { disruption: { minAvailable: 2 } }",
      ].join("\n"),
    );
    expect(text).toMatch(/\n {2}fix \(applied by --fix\): allow one: `minAvailable: 1`/);
    expect(text).toMatch(/\d+ errors?, .* in staging, production; --fix can fix \d$/);
  });
});
