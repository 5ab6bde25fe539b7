import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assess } from "../../src/local/doctor/assess.js";
import type { Found, MachineFacts } from "../../src/local/doctor/facts.js";

const present: Found = { ok: true, what: "here" };
const absent: Found = { ok: false, why: "not here" };
const machine: MachineFacts = {
  node: "22.11.0",
  cpus: 4,
  memory: 8 * 2 ** 30,
  disk: 100 * 2 ** 30,
  openFiles: 65_536,
  postgres: present,
  llama: present,
  port: present,
  pip: present,
  hub: present,
  docker: present,
};

const health = (facts: Partial<MachineFacts>): Record<string, string> =>
  Object.fromEntries(assess({ ...machine, ...facts }, "20.19.0").map((each) => [each.subject, each.health]));

describe("the assessment of a machine", () => {
  it("finds nothing on a machine that has everything", () => {
    expect(new Set(Object.values(health({})))).toEqual(new Set(["ok"]));
  });

  it.each([
    ["20.19.0", "ok"],
    ["20.20.2", "ok"],
    ["24.0.0", "ok"],
    ["20.18.3", "problem"],
    ["18.20.0", "problem"],
    ["9.99.99", "problem"],
  ])("compares Node.js %s by number", (node, expected) => {
    expect(health({ node })["Node.js"]).toBe(expected);
  });

  it("is a problem only if `up` cannot work", () => {
    expect(health({ postgres: absent })["PostgreSQL"]).toBe("problem");
    expect(health({ disk: 100 * 2 ** 20 })["disk"]).toBe("problem");
    expect(health({ llama: absent, port: absent, docker: absent, openFiles: 256, disk: 2 * 2 ** 30 })).toMatchObject({
      "inference engine": "warning",
      port: "warning",
      Docker: "note",
      "open files": "warning",
      disk: "warning",
    });
  });

  it("warns about the sources of models only if none is left", () => {
    expect(health({ hub: absent })).toMatchObject({ "model hub": "note", pip: "ok" });
    expect(health({ pip: absent })).toMatchObject({ "model hub": "ok", pip: "note" });
    expect(health({ hub: absent, pip: absent })).toMatchObject({ "model hub": "warning", pip: "warning" });
  });

  it("has a hint exactly for what is not well", () => {
    const found = fc.boolean().map((ok): Found => (ok ? present : absent));
    const facts = fc.record({
      ...{ postgres: found, llama: found, port: found, pip: found, hub: found, docker: found },
    });
    fc.assert(
      fc.property(facts, fc.nat(10 * 2 ** 30), (some, disk) => {
        for (const { health: judged, hint } of assess({ ...machine, ...some, disk }, "20.19.0"))
          expect(hint === undefined).toBe(judged === "ok");
      }),
    );
  });
});
