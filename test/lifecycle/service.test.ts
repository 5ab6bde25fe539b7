import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  endOf,
  isFinal,
  nextState,
  SERVICE_EVENTS,
  SERVICE_STATES,
  type ServiceEvent,
  ServiceLifecycle,
  type ServiceState,
  type Transition,
} from "../../src/lifecycle/service.js";

/** Every legal transition of the diagram, written out once more: the test must not read the table that it tests. */
const LEGAL: readonly (readonly [ServiceState, ServiceEvent, ServiceState])[] = [
  ["new", "start", "starting"],
  ["new", "stop", "terminated"],
  ["starting", "started", "running"],
  ["starting", "stop", "stopping"],
  ["starting", "failed", "failed"],
  ["running", "stop", "stopping"],
  ["running", "failed", "failed"],
  ["stopping", "stopped", "terminated"],
  ["stopping", "failed", "failed"],
];

/** Events that bring a new service into a state. */
const PATHS: Readonly<Record<ServiceState, readonly ServiceEvent[]>> = {
  new: [],
  starting: ["start"],
  running: ["start", "started"],
  stopping: ["start", "started", "stop"],
  terminated: ["start", "started", "stop", "stopped"],
  failed: ["start", "failed"],
};

function apply(service: ServiceLifecycle, event: ServiceEvent): void {
  if (event === "failed") service.fail("a failure");
  else service.apply(event);
}

function serviceIn(state: ServiceState): ServiceLifecycle {
  const service = new ServiceLifecycle();
  for (const event of PATHS[state]) apply(service, event);
  expect(service.state).toBe(state);
  return service;
}

describe("the lifecycle of a service", () => {
  it.each(LEGAL)("goes from %s by %s to %s", (from, event, to) => {
    expect(nextState(from, event)).toBe(to);
    const service = serviceIn(from);
    apply(service, event);
    expect(service.state).toBe(to);
    expect(service.failureCase).toBe(to === "failed" ? "a failure" : undefined);
  });

  const illegal = SERVICE_STATES.flatMap((state) =>
    SERVICE_EVENTS.filter((event) => !LEGAL.some(([from, by]) => from === state && by === event)).map(
      (event) => [state, event] as const,
    ),
  );

  it.each(illegal)("has no transition from %s by %s", (state, event) => {
    expect(nextState(state, event)).toBeUndefined();
    const service = serviceIn(state);
    if (event === "failed" && isFinal(state)) service.fail("a second failure");
    else expect(() => apply(service, event)).toThrow(`${event} in state ${state}`);
    expect(service.state).toBe(state);
  });

  it("counts an end as a failure unless a stop was requested", () => {
    expect(SERVICE_STATES.filter((state) => endOf(state) === "stopped")).toEqual(["stopping"]);
  });

  it("notifies listeners of each transition until they are removed", () => {
    const service = new ServiceLifecycle();
    const seen: Transition[] = [];
    const remove = service.listen((transition) => seen.push(transition));
    service.apply("start");
    service.fail("no disk");
    expect(seen).toEqual([
      { from: "new", to: "starting", failureCase: undefined },
      { from: "starting", to: "failed", failureCase: "no disk" },
    ]);
    remove();
    service.fail("again");
    expect([seen.length, service.failureCase]).toEqual([2, "no disk"]);
  });

  it("never leaves a final state, and has a failure case in the state failed alone, for any sequence of events", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...SERVICE_EVENTS), { maxLength: 12 }), (events) => {
        const service = new ServiceLifecycle();
        for (const event of events) {
          const before = service.state;
          const expected = nextState(before, event) ?? before;
          try {
            apply(service, event);
          } catch {
            expect(nextState(before, event)).toBeUndefined();
          }
          expect(service.state).toBe(expected);
          if (isFinal(before)) expect(service.state).toBe(before);
          expect(service.failureCase !== undefined).toBe(service.state === "failed");
        }
      }),
    );
  });

  it("reaches a final state from every state", () => {
    for (const state of SERVICE_STATES) {
      const reached = new Set<ServiceState>([state]);
      for (const from of reached)
        for (const event of SERVICE_EVENTS) {
          const to = nextState(from, event);
          if (to !== undefined) reached.add(to);
        }
      expect([...reached].some(isFinal)).toBe(true);
    }
  });
});
