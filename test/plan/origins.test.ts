import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explanations } from "../../src/cli/design/plan-explain.js";
import { explain, originOf } from "../../src/plan/index.js";
import { blueprint, planOf, platformOf } from "../support/plan/planned.js";

const text = `platform: shop
objectives: { rto: 1h, availability: 99.9% }
services:
  web: { image: "shop/web:1.2", port: 80, replicas: 2 }
stores:
  db: { postgres: 17, objectives: { rto: 5m } }
environments:
  local: {}
  production:
    provide: in-cluster
    zones: 3
    services: { web: { replicas: 4 } }
`;

describe("the origin of a value", () => {
  const local = planOf(text, "local");
  const production = planOf(text, "production");

  it("is its line in the file", () =>
    expect(originOf(local, "services.web.replicas")).toEqual({
      kind: "file",
      file: "platform.yaml",
      line: 4,
      column: 53,
    }));

  it("is the line of the environment that overrides it", () =>
    expect(originOf(production, "services.web.replicas")).toEqual({
      kind: "environment",
      environment: "production",
      file: "platform.yaml",
      line: 12,
      column: 34,
    }));

  it("is a default with its reason, its value as the file would write it, and the place of its element", () =>
    expect(originOf(local, "services.web.grace")).toEqual({
      kind: "default",
      why: "requests in flight are completed",
      value: "30s",
      file: "platform.yaml",
      line: 4,
      column: 3,
    }));

  it("changes its reason with the environment", () => {
    expect(originOf(local, "services.web.spread.zones")).toMatchObject({ value: "none" });
    expect(originOf(production, "services.web.spread.zones")).toMatchObject({
      value: "require",
      why: "there are 3 zones, and the loss of one must not stop all replicas",
    });
  });

  it("of an inherited objective is the platform's line; of an element's own, its own", () => {
    expect(originOf(local, "services.web.objectives.rto")).toMatchObject({ kind: "file", line: 2 });
    expect(originOf(local, "stores.db.objectives.rto")).toMatchObject({ kind: "file", line: 6 });
    expect(originOf(local, "stores.db.objectives.availability")).toMatchObject({ kind: "file", line: 2 });
  });

  it("that is not recorded is that of its nearest ancestor", () =>
    expect(originOf(local, "services.web.health.ready.whatever.deep")).toMatchObject({ line: 4, column: 3 }));

  it("has a line for every element of every blueprint", () => {
    for (const name of ["starter", "aiaas"])
      for (const environment of platformOf(blueprint(name)).environments.keys()) {
        const plan = planOf(blueprint(name), environment);
        const elements = [
          ...plan.units,
          ...plan.models,
          ...plan.stores,
          ...plan.edges,
          ...plan.entrances,
          ...plan.secrets,
          ...plan.pools,
        ];
        for (const { path } of elements) expect(originOf(plan, path).line, path).toBeGreaterThan(0);
      }
  });

  it("exists for any path", () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        expect(originOf(local, path)).toHaveProperty("kind");
      }),
    );
    expect(originOf(local, "__proto__")).toMatchObject({ kind: "default" });
    expect(originOf(local, "constructor")).toMatchObject({ kind: "default" });
  });
});

describe("explain", () => {
  const platform = platformOf(text);
  const plan = planOf(text, "production");
  const explained = (path: string) => explanations(plan, platform.environments.get("production"), path);

  it("lists everything below a path and nothing else", () => {
    expect(explain(plan, "services.web.replicas").map(({ path }) => path)).toEqual(["services.web.replicas"]);
    for (const { path } of explain(plan, "stores.db")) expect(path).toMatch(/^stores\.db($|[.[])/);
    expect(explain(plan, "")).toHaveLength(Object.keys(plan.origins).length);
  });

  it("shows each value as the file writes it, or would write it", () => {
    const values = Object.fromEntries(explained("services.web").map(({ path, value }) => [path, value]));
    expect(values).toMatchObject({
      "services.web.replicas": "4",
      "services.web.cpu": "100m..1",
      "services.web.memory": "128Mi..512Mi",
      "services.web.health.live.every": "10s",
      "services.web.objectives.availability": "99.9%",
    });
  });
});
