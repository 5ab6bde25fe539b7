import { expect, it } from "vitest";
import { MODULE_FACTS } from "../../src/plan/modules.js";
import { modules } from "../../src/runtime/modules.js";

it("the plan knows of each module what the runtime's table says that it needs", () => {
  const { database, engine, ...those } = modules;
  expect(database.needs).toEqual([]);
  expect(engine.needs).toEqual([]);
  const known = Object.entries(MODULE_FACTS).map(([name, { calls, database }]) => [
    name,
    new Set(database ? ["database", ...calls] : calls),
  ]);
  const needed = Object.entries(those).map(([name, { needs }]) => [
    name,
    new Set((needs as readonly string[]).filter((need) => need !== "engine")),
  ]);
  expect(Object.fromEntries(known)).toEqual(Object.fromEntries(needed));
});
