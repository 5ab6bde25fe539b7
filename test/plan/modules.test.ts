import { describe, expect, it } from "vitest";
import { containerSizeOf, MODULE_NAMES, MODULES, peersOf, storesRows } from "../../src/modules/index.js";
import type { Definition } from "../../src/runtime/kernel/define.js";
import { modules } from "../../src/runtime/modules.js";

const rows: Readonly<Record<string, Definition>> = modules;

describe("the descriptors of modules", () => {
  it("are those that the runtime starts", () => {
    expect(Object.keys(rows).sort()).toEqual([...MODULE_NAMES].sort());
  });

  it.each(MODULE_NAMES)("match the needs and the remote client of %s", (name) => {
    const row = rows[name];
    expect(row?.needs).toEqual(MODULES[name].needs);
    expect({ single: row?.remote !== undefined, perModel: row?.remotePerModel !== undefined }).toEqual({
      single: MODULES[name].remote === "single",
      perModel: MODULES[name].remote === "per-model",
    });
  });

  it("state which modules store rows in PostgreSQL and which they call at an address", () => {
    expect(MODULE_NAMES.filter(storesRows)).toEqual(["accounts", "usage"]);
    expect(peersOf("gateway")).toEqual(["accounts", "usage"]);
    expect(peersOf("dashboard")).toEqual(["accounts", "usage", "gateway"]);
  });

  it("forward each path of the dashboard to one module", () => {
    const forwarded = MODULE_NAMES.flatMap((name) => MODULES[name].forwarded);
    expect(new Set(forwarded).size).toBe(forwarded.length);
  });

  it("size a container by the largest of its modules, in any order", () => {
    expect(containerSizeOf(["dashboard"]).why).toBe("a Node.js process");
    expect(containerSizeOf(["accounts", "gateway", "usage"])).toBe(MODULES.gateway.container);
    expect(containerSizeOf(["usage", "accounts"])).toBe(containerSizeOf(["accounts", "usage"]));
  });
});
