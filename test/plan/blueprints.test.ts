import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { planTables } from "../../src/cli/design/plan-tables.js";
import { colourless } from "../../src/cli/terminal/colours.js";
import { blueprint, named, planOf, platformOf } from "../support/plan/planned.js";

describe.each(readdirSync(new URL("../../blueprints/", import.meta.url)))("blueprint %s", (name) => {
  const text = blueprint(name);
  const environments = [...platformOf(text).environments.keys()];

  it.each(environments)(
    "has the Plan of its golden table in %s (review the table when it changes)",
    async (environment) => {
      const table = planTables(planOf(text, environment), colourless);
      await expect(table).toMatchFileSnapshot(`golden/${name}-${environment}.txt`);
    },
  );

  it.each(environments)("in %s is plain JSON data, and the same every time", (environment) => {
    const plan = planOf(text, environment);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(JSON.stringify(planOf(text, environment))).toBe(JSON.stringify(plan));
  });

  it.each(environments)("in %s refers only to elements that exist", (environment) => {
    const plan = planOf(text, environment);
    const units = plan.units.map((unit) => unit.name);
    const stores = plan.stores.map((store) => store.name);
    const secrets = plan.secrets.map((secret) => secret.name);
    for (const edge of plan.edges) {
      expect([...units, ...stores]).toContain(edge.from);
      if (edge.kind !== "outside") expect(edge.kind === "unit" ? units : stores).toContain(edge.to);
      if (edge.kind === "unit")
        expect(named(plan.units, edge.to).ports.map(({ number }) => number)).toContain(edge.port);
    }
    for (const unit of plan.units) for (const { secret } of unit.secrets) expect(secrets).toContain(secret);
    for (const { routes } of plan.entrances) for (const { unit } of routes) expect(units).toContain(unit);
    for (const model of plan.models) if (model.unit !== undefined) expect(units).toContain(model.unit);
  });
});

describe("the starter", () => {
  it("runs in processes, then in containers, then over three zones", () => {
    const text = blueprint("starter");
    expect(planOf(text)).toMatchObject({ environment: "local", provide: "embedded" });
    expect(planOf(text, "development")).toMatchObject({ provide: "in-cluster" });
    const production = planOf(text, "production");
    expect(production.regions[0]?.zones).toHaveLength(3);
    for (const unit of production.units) expect(unit.replicas.min).toBeGreaterThanOrEqual(2);
  });
});

describe("the blueprint aiaas", () => {
  const plan = planOf(blueprint("aiaas"), "production");

  it("scales on 70% of CPU and 80% of memory, fast up and slowly down, with one pod at minimum", () =>
    expect(named(plan.units, "api-router")).toMatchObject({
      replicas: { min: 2, max: 10 },
      scale: { cpu: 0.7, memory: 0.8, up: "aggressive", down: "conservative" },
      disruption: { minAvailable: 1 },
    }));

  it("promises four hours and a day, drilled every quarter", () => {
    expect(plan.objectives).toMatchObject({ rto: 4 * 3_600_000, rpo: 24 * 3_600_000 });
    expect(plan.drills?.every).toBe(90 * 86_400_000);
  });

  it("uses the managed stores of Linode, and runs Redis and RabbitMQ in the cluster", () =>
    expect(Object.fromEntries(plan.stores.map((store) => [store.name, store.provider.product]))).toEqual({
      "users-db": "Linode Managed Database",
      "analytics-db": "Linode Managed Database",
      cache: "Redis StatefulSet",
      broker: "RabbitMQ StatefulSet",
      exports: "Linode Object Storage",
      backups: "Linode Object Storage",
    }));

  it("serves its model by vLLM on the GPU pool", () =>
    expect(named(plan.units, "assistant")).toMatchObject({
      role: "model",
      modules: [],
      pool: "gpu",
      resources: { gpu: { count: 1, kind: "rtx6000" } },
      ports: [{ number: 8000 }],
    }));

  it("shares one cluster between its environments, each in a namespace", () => {
    const environments = ["development", "staging", "production"].map((name) => planOf(blueprint("aiaas"), name));
    expect(new Set(environments.map(({ cluster }) => cluster.name))).toEqual(new Set(["aiaas"]));
    expect(environments.map(({ namespace }) => namespace)).toEqual(["development", "staging", "production"]);
  });
});
