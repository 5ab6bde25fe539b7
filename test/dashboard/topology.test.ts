import { beforeAll, describe, expect, it } from "vitest";
import { loadPlan } from "../../src/cli/platform/load.js";
import type { ModelStatus } from "../../src/contracts/models.js";
import { topology as topologyContract } from "../../src/contracts/topology.js";
import type { Plan } from "../../src/plan/plan.js";
import {
  composeTopology,
  type Reading,
  type Readings,
  worstState,
} from "../../src/runtime/dashboard/topology/compose.js";

const nothing: Readings = { at: 0, units: new Map(), stores: new Map(), models: undefined };
const ready: Reading = { state: "ready", ready: 1 };

function modelStatus(name: string, change: Partial<ModelStatus> = {}): ModelStatus {
  return {
    name,
    embeddings: false,
    engine: "simulated",
    reason: "simulated: nothing better is here",
    state: "ready",
    targets: [{ id: `${name}-0`, engine: "simulated", state: "ready", inFlight: 0, ewmaMs: 1, errors: 0 }],
    queue: { waiting: 0, limit: 100 },
    requestsPerSecond: 0,
    tokensPerSecond: 0,
    ...change,
  };
}

describe("the topology of the starter", () => {
  let plan: Plan;

  beforeAll(async () => {
    plan = await loadPlan("starter", "local");
  });

  const node = (readings: Readings, id: string) => composeTopology(plan, readings).nodes.find((one) => one.id === id);

  it("contains every component and call of the plan; both ends of a call are components", () => {
    const topology = topologyContract.parse(composeTopology(plan, nothing));
    const ids = new Set(topology.nodes.map(({ id }) => id));
    for (const { name } of [...plan.units, ...plan.stores, ...plan.entrances]) expect(ids).toContain(name);
    for (const { from, to } of topology.edges) {
      expect(ids).toContain(from);
      expect(ids).toContain(to);
    }
    expect(topology.edges).toContainEqual(expect.objectContaining({ from: "usage", to: "database", port: 5432 }));
    expect(topology.edges).toContainEqual(expect.objectContaining({ from: "web", to: "gateway" }));
  });

  it("has unknown states without reports", () => {
    for (const one of composeTopology(plan, nothing).nodes) {
      expect(one.state).toBe("unknown");
      expect(one.rate).toBeNull();
      expect(one.replicas?.ready ?? null).toBeNull();
    }
  });

  it("gives an entrance the worst state of its units", () => {
    const units = new Map([
      ["gateway", { state: "down", ready: 0, reason: "unreachable" } as const],
      ["dashboard", ready],
    ]);
    expect(node({ ...nothing, units }, "web")?.state).toBe("down");
    expect(node({ ...nothing, units }, "gateway")?.detail).toContainEqual({
      name: "reason",
      value: "unreachable",
    });
  });

  it("gives the gateway the sum of its models' rates, and each call the rate of its model", () => {
    const models = [
      modelStatus("assistant", { requestsPerSecond: 4.2 }),
      modelStatus("embedder", { requestsPerSecond: 0.3 }),
    ];
    const topology = composeTopology(plan, { ...nothing, models });
    const rate = (from: string, to: string) =>
      topology.edges.find((edge) => edge.from === from && edge.to === to)?.rate;
    expect(topology.nodes.find(({ id }) => id === "gateway")?.rate).toBe(4.5);
    expect(rate("web", "gateway")).toBe(4.5);
    expect(rate("gateway", "assistant")).toBe(4.2);
    expect(rate("gateway", "accounts")).toBeNull();
  });

  it("counts the ready targets of a model as its replicas", () => {
    const models = [
      modelStatus("assistant", { targets: [], state: "down", reason: "no server of the model is reachable" }),
    ];
    const assistant = node({ ...nothing, models }, "assistant");
    expect(assistant).toMatchObject({ state: "down", replicas: { want: 1, ready: 0 } });
    expect(assistant?.detail).toContainEqual({ name: "reason", value: "no server of the model is reachable" });
  });
});

describe("the topology of a larger platform", () => {
  it("reports a model as degraded while fewer replicas are ready than desired", async () => {
    const plan = await loadPlan("aiaas", "production");
    const unit = plan.units.find(({ role, replicas }) => role === "model" && replicas.min > 1);
    if (!unit?.model) throw new Error("aiaas has a model with more than one replica in production");
    const models = [modelStatus(unit.model)];
    const shown = composeTopology(plan, { ...nothing, models }).nodes.find(({ id }) => id === unit.name);
    expect(shown).toMatchObject({
      state: "degraded",
      replicas: { want: unit.replicas.min, most: unit.replicas.max, ready: 1 },
    });
  });

  it("leaves the number of ready servers behind one address open", async () => {
    const plan = await loadPlan("aiaas", "production");
    const database = plan.stores.find((store) => store.kind === "postgres" && store.replicas > 1);
    if (!database) throw new Error("aiaas has a database with a standby in production");
    const stores = new Map([[database.name, ready]]);
    const shown = composeTopology(plan, { ...nothing, stores }).nodes.find(({ id }) => id === database.name);
    expect(shown).toMatchObject({ state: "ready", replicas: { ready: null } });
  });
});

describe("the worst of several states", () => {
  it("ranks down over degraded over starting over unknown over ready", () => {
    expect(worstState(["ready", "down", "degraded"])).toBe("down");
    expect(worstState(["ready", "degraded", "starting"])).toBe("degraded");
    expect(worstState(["unknown", "starting"])).toBe("starting");
    expect(worstState(["ready", "unknown"])).toBe("unknown");
    expect(worstState(["ready", "ready"])).toBe("ready");
    expect(worstState([])).toBe("unknown");
  });
});
