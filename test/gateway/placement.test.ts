import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { Target } from "../../src/runtime/engine/client.js";
import { meaningOf, type Result } from "../../src/runtime/gateway/routing/health.js";
import { ModelRoute, type RouteWaiter } from "../../src/runtime/gateway/routing/model-route.js";
import { MAX_ATTEMPTS, Placement } from "../../src/runtime/gateway/routing/placement.js";
import type { RoutedTarget } from "../../src/runtime/gateway/routing/target.js";
import { planWith } from "../support/gateway/gateway.js";

const NOW = 1_000_000;
const DEADLINE_MS = 10_000;

const target = (index: number): Target => ({
  id: `assistant-${index}`,
  model: "assistant",
  url: `http://127.0.0.1:${9000 + index}`,
  upstreamModel: "assistant",
  weight: 1,
  authorization: undefined,
  engine: "openai",
  reason: "declared",
});

const routes: ModelRoute[] = [];
afterEach(() => {
  for (const route of routes.splice(0)) route.close();
});

function routeOf(count: number, settings = "concurrency: 4"): ModelRoute {
  const plan = planWith(`assistant: { upstreams: "http://127.0.0.1:9", ${settings}, queue: { deadline: 10s } }`);
  const [model] = plan.models;
  if (model === undefined) throw new Error("the plan has no model");
  const route = new ModelRoute(model);
  routes.push(route);
  route.update(
    Array.from({ length: count }, (_, index) => target(index)),
    NOW,
  );
  return route;
}

const placementAt = (route: ModelRoute): Placement => new Placement({ route: () => undefined }, route, undefined);

function otherThan(route: ModelRoute, first: RoutedTarget): RoutedTarget {
  const other = route.targets.find((each) => each !== first);
  if (other === undefined) throw new Error("there is no other target");
  return other;
}

const waiterOf = (placement: Placement, granted: RoutedTarget[]): RouteWaiter => ({
  owner: "organisation",
  member: "key",
  tried: placement.tried,
  waitUntil: 0,
  granted: (target) => granted.push(target),
  refused: () => {},
});

function attempt(placement: Placement): RoutedTarget {
  const taken = placement.take(NOW);
  if (taken === undefined) throw new Error("no slot was free");
  placement.attempt(taken);
  return taken;
}

describe("the next server of a request", () => {
  it("tries each of 40 servers once before it tries one again, also if their order changes", () => {
    const route = routeOf(40);
    const placement = placementAt(route);
    const tried = new Set<RoutedTarget>();
    for (let count = 0; count < 40; count += 1) {
      const taken = attempt(placement);
      expect(tried.has(taken)).toBe(false);
      tried.add(taken);
      placement.retry("never-sent", 0, NOW);
      route.update(route.targets.map((each) => each.target).reverse(), NOW);
    }
    expect(tried.size).toBe(40);
  });

  it("retries an error of the server at another server only, and not at one that is ejected", () => {
    const alone = placementAt(routeOf(1));
    attempt(alone);
    expect(alone.retry("server-error", 0, NOW)).toBeUndefined();

    const route = routeOf(2);
    const placement = placementAt(route);
    const first = attempt(placement);
    const other = route.targets.find((each) => each !== first);
    if (other === undefined) throw new Error("there is no other target");
    other.health.ejectedUntil = NOW + 1;
    expect(placement.retry("server-error", 0, NOW)).toBeUndefined();
    other.health.ejectedUntil = NOW;
    expect(placement.retry("server-error", 0, NOW)).toBe(0);
    expect(attempt(placement)).toBe(other);
    expect(placement.retry("server-error", 0, NOW)).toBeUndefined();
  });

  it.each(["connection-lost", "never-sent"] as const)(
    "uses the same server again after %s when every other one is ejected",
    (result) => {
      const route = routeOf(2);
      const placement = placementAt(route);
      const first = attempt(placement);
      const other = otherThan(route, first);
      other.health.ejectedUntil = NOW + 30_000;
      expect(placement.retry(result, 0, NOW)).toBeGreaterThan(0);
      expect(placement.take(NOW)).toBe(first);
    },
  );

  it("is none for a request during which two engines have ended, also at a fallback", () => {
    const placement = placementAt(routeOf(5));
    attempt(placement);
    expect(placement.retry("engine-lost", 0, NOW)).toBe(0);
    attempt(placement);
    expect(placement.retry("engine-lost", 0, NOW)).toBeUndefined();
    expect(meaningOf("engine-lost").fallsBack).toBe(false);
  });

  it("uses the same server again when the other one is ejected while the request waits for it", () => {
    const route = routeOf(2, "concurrency: 1");
    const placement = placementAt(route);
    const first = attempt(placement);
    const other = otherThan(route, first);
    other.inFlight = 1;
    expect(placement.retry("connection-lost", 0, NOW)).toBe(0);
    const granted: RoutedTarget[] = [];
    route.wait(waiterOf(placement, granted), NOW);
    route.release(first, NOW);
    expect(granted).toEqual([]);
    other.health.ejectedUntil = NOW + 30_000;
    route.tick(NOW + 50);
    expect(granted).toEqual([first]);
  });

  it.each(["timed-out", "server-error"] as const)(
    "never uses a server again after %s, also when it is the only one left",
    (result) => {
      const route = routeOf(2);
      const placement = placementAt(route);
      const first = attempt(placement);
      expect(placement.retry(result, 0, NOW)).toBe(0);
      route.update([first.target], NOW);
      expect(placement.take(NOW)).toBeUndefined();
    },
  );

  it("never uses an excluded server again, whatever the results of its later attempts are", () => {
    const result = fc.constantFrom<Result>("timed-out", "server-error", "connection-lost", "never-sent", "not-ready");
    const event = fc.record({ result, ejected: fc.subarray([0, 1, 2]) });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 8 }), (events) => {
        const route = routeOf(3);
        const placement = placementAt(route);
        const excluded = new Set<RoutedTarget>();
        for (const next of events) {
          const taken = placement.take(NOW);
          const usable = route.targets.filter((each) => each.ejectedUntil <= NOW && !excluded.has(each));
          // No server is full: a request starves only when every server is ejected or excluded.
          expect(taken !== undefined).toBe(usable.length > 0);
          if (taken === undefined) return;
          expect(excluded.has(taken)).toBe(false);
          placement.attempt(taken);
          taken.inFlight -= 1;
          if (meaningOf(next.result).retry === "elsewhere") excluded.add(taken);
          route.targets.forEach((each, index) => {
            each.health.ejectedUntil = next.ejected.includes(index) ? NOW + 1 : 0;
          });
          if (placement.retry(next.result, 0, NOW) === undefined) return;
        }
      }),
    );
  });

  it("retries a lost connection at the same server after a pause, at most three attempts in all", () => {
    const placement = placementAt(routeOf(1));
    for (let count = 1; count < MAX_ATTEMPTS; count += 1) {
      attempt(placement);
      expect(placement.retry("connection-lost", 0, NOW)).toBeGreaterThan(0);
    }
    attempt(placement);
    expect(placement.retry("connection-lost", 0, NOW)).toBeUndefined();
  });

  it("retries a request that was never sent until the deadline of the queue", () => {
    const placement = placementAt(routeOf(1));
    for (let count = 0; count < 20; count += 1) {
      attempt(placement).inFlight = 0;
      expect(placement.retry("never-sent", DEADLINE_MS - 1, NOW)).toBeLessThanOrEqual(1_000);
    }
    expect(placement.retry("never-sent", DEADLINE_MS, NOW)).toBeUndefined();
  });

  it("limits retries to a share of the requests", () => {
    const route = routeOf(2);
    let retries = 0;
    for (let count = 0; count < 200; count += 1) {
      const placement = placementAt(route);
      attempt(placement).inFlight = 0;
      if (placement.retry("server-error", 0, NOW) !== undefined) retries += 1;
    }
    expect(retries).toBeGreaterThanOrEqual(40);
    expect(retries).toBeLessThanOrEqual(20 + 40);
  });
});

describe("the fallbacks of a request", () => {
  const names = ["assistant", "second", "third"] as const;
  const withFallbacks = (
    counts: readonly [number, number, number],
    allowed?: readonly string[],
  ): { placement: Placement; byName: ReadonlyMap<string, ModelRoute> } => {
    const plan = planWith(
      names
        .map((name, index) => {
          const fallback = index === 0 ? ", fallback: [second, third]" : "";
          return `${name}: { upstreams: "http://127.0.0.1:9", queue: { deadline: 10s }${fallback} }`;
        })
        .join("\n"),
    );
    const byName = new Map(plan.models.map((model) => [model.name, new ModelRoute(model)]));
    routes.push(...byName.values());
    names.forEach((name, index) => {
      byName.get(name)?.update(
        Array.from({ length: counts[index] ?? 0 }, (_, number) => target(index * 10 + number)),
        NOW,
      );
    });
    const own = byName.get("assistant");
    if (own === undefined) throw new Error("the plan lacks the model");
    return { placement: new Placement({ route: (name) => byName.get(name) }, own, allowed), byName };
  };

  it("are used in order, those that are unavailable excepted", () => {
    const { placement } = withFallbacks([1, 0, 1]);
    expect(placement.fallBack(NOW)).toBe(true);
    expect(placement.route.model.name).toBe("third");
    expect(placement.fallBack(NOW)).toBe(false);
  });

  it("are not used while all of them are unavailable: the request stays at its model", () => {
    const { placement, byName } = withFallbacks([0, 0, 0]);
    expect(placement.fallBack(NOW)).toBe(false);
    expect(placement.route.model.name).toBe("assistant");
    byName.get("second")?.update([target(10)], NOW);
    expect(placement.fallBack(NOW)).toBe(true);
    expect(placement.route.model.name).toBe("second");
  });

  it("are not used where the key may not use them", () => {
    const { placement } = withFallbacks([0, 1, 1], ["assistant", "third"]);
    expect(placement.fallBack(NOW)).toBe(true);
    expect(placement.route.model.name).toBe("third");
  });

  it("end the retries of a request that was never sent only if one of them is available", () => {
    for (const [others, retried] of [
      [0, true],
      [1, false],
    ] as const) {
      const { placement } = withFallbacks([1, others, others]);
      for (let count = 1; count < MAX_ATTEMPTS; count += 1) {
        attempt(placement);
        placement.retry("never-sent", 0, NOW);
      }
      attempt(placement);
      expect(placement.retry("never-sent", 0, NOW) !== undefined).toBe(retried);
    }
  });
});

describe("the route of a model", () => {
  it("limits the requests in flight at a server, and so its connections, to the model's concurrency", () => {
    const [limited] = routeOf(1, "concurrency: 4096").targets;
    expect(limited?.limit).toBe(4096);
    const [small] = routeOf(1, "concurrency: 3").targets;
    expect(small?.limit).toBe(3);
  });

  it("refuses a waiter at its deadline", () => {
    const route = routeOf(1, "concurrency: 1");
    const taken = route.take(undefined, NOW);
    const refused: string[] = [];
    const waiter: RouteWaiter = {
      owner: "organisation",
      member: "key",
      tried: undefined,
      waitUntil: 0,
      granted: () => refused.push("granted"),
      refused: ({ code }) => refused.push(code),
    };
    route.wait(waiter, NOW);
    route.tick(NOW + DEADLINE_MS - 1);
    expect(refused).toEqual([]);
    route.tick(NOW + DEADLINE_MS);
    expect(refused).toEqual(["queue_deadline"]);
    if (taken !== undefined) route.release(taken, NOW + DEADLINE_MS);
    expect(route.waiting).toBe(0);
  });

  it("gives the slot of a finished request to the one that has waited longest", () => {
    const route = routeOf(1, "concurrency: 1");
    const taken = route.take(undefined, NOW);
    const granted: number[] = [];
    const waiter = (index: number): RouteWaiter => ({
      owner: "organisation",
      member: "key",
      tried: undefined,
      waitUntil: 0,
      granted: () => granted.push(index),
      refused: () => {},
    });
    for (const index of [1, 2]) route.wait(waiter(index), NOW);
    if (taken !== undefined) route.release(taken, NOW);
    expect(granted).toEqual([1]);
  });

  it("grants a server to a waiter once its ejection has ended", () => {
    const route = routeOf(1);
    const [only] = route.targets;
    if (only === undefined) throw new Error("there is no target");
    only.health.ejectedUntil = NOW + 500;
    expect(route.available(NOW)).toBe(false);
    const granted: RoutedTarget[] = [];
    route.wait(
      {
        owner: "organisation",
        member: "key",
        tried: undefined,
        waitUntil: 0,
        granted: (target) => granted.push(target),
        refused: () => {},
      },
      NOW,
    );
    route.tick(NOW + 499);
    expect(granted).toEqual([]);
    route.tick(NOW + 500);
    expect(granted).toEqual([only]);
  });
});
