import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startOrder, type Table } from "../../src/runtime/kernel/define.js";
import { modules } from "../../src/runtime/modules.js";

const start = async (): Promise<{ client: undefined; stop(): Promise<void> }> => ({
  client: undefined,
  stop: async () => {},
});

/** Tables without cycles: each module needs only earlier ones. */
const tables = fc
  .array(fc.record({ needs: fc.array(fc.nat(), { maxLength: 4 }), callable: fc.boolean() }), {
    minLength: 1,
    maxLength: 10,
  })
  .map((rows): Table => {
    const names = rows.map((_, index) => `m${index}`);
    return Object.fromEntries(
      rows.map(({ needs, callable }, index) => [
        `m${index}`,
        {
          needs: index === 0 ? [] : [...new Set(needs.map((need) => names[need % index] ?? "m0"))],
          start,
          ...(callable ? { remote: () => undefined } : {}),
        },
      ]),
    );
  });

describe("the order of modules", () => {
  it("starts every module after its needs, and calls a need that was not requested remotely if it has a remote client", () => {
    fc.assert(
      fc.property(tables, fc.array(fc.nat()), (table, picks) => {
        const names = Object.keys(table);
        const wanted = [...new Set(picks.map((pick) => names[pick % names.length] ?? "m0"))];
        const order = startOrder(table, wanted);
        for (const name of wanted) expect(order.start).toContain(name);
        for (const name of order.start) {
          const row = table[name];
          for (const need of row?.needs ?? []) {
            const position = order.start.indexOf(need);
            if (position >= 0) expect(position).toBeLessThan(order.start.indexOf(name));
            else expect(order.remote).toContain(need);
          }
          if (!wanted.includes(name)) expect(row?.remote).toBeUndefined();
        }
      }),
    );
  });

  it("starts modules without needs first: models are loaded while the others wait for the database", () => {
    const { start: order } = startOrder(modules, ["accounts", "usage", "engine", "gateway", "dashboard"]);
    expect(order[0]).toBe("engine");
    expect(order.indexOf("database")).toBeLessThan(order.indexOf("accounts"));
  });

  it("reports a cycle in the table", () => {
    const table: Table = { a: { needs: ["b"], start }, b: { needs: ["a"], start } };
    expect(() => startOrder(table, ["a"])).toThrow("a → b → a");
  });

  it("of the program's table runs any module alone with the database only: the others are called over HTTP", () => {
    for (const name of Object.keys(modules)) {
      const { start: started, remote } = startOrder(modules, [name]);
      expect(started.filter((other) => other !== name && other !== "database")).toEqual([]);
      expect(remote).not.toContain("database");
    }
    expect(startOrder(modules, Object.keys(modules)).remote).toEqual([]);
  });
});
