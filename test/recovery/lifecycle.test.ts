import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { type ServiceEvent, type ServiceState, transition } from "../../src/recovery/service/lifecycle.js";

const EVENTS: readonly ServiceEvent[] = ["prepare", "started", "fail", "stop", "stopped"];

function states(...events: ServiceEvent[]): ServiceState[] {
  let state: ServiceState = "new";
  return events.map((event) => {
    state = transition(state, event);
    return state;
  });
}

describe("the recovery service", () => {
  it("starts, survives restarts of the server, and stops", () => {
    expect(states("prepare", "started", "prepare", "started", "stop", "stopped")).toEqual([
      "starting",
      "running",
      "starting",
      "running",
      "stopping",
      "terminated",
    ]);
  });

  it("tries again after a failed start", () => {
    expect(states("prepare", "fail", "prepare", "started")).toEqual(["starting", "failed", "starting", "running"]);
  });

  it("does not start again once it was stopped", () => {
    for (const last of ["stopping", "terminated"] as const)
      expect(() => transition(last, "prepare")).toThrow(expect.objectContaining({ code: "platform/stopping" }));
  });

  it("does not run without a prepared data directory", () => {
    for (const state of ["new", "failed"] as const)
      expect(() => transition(state, "started")).toThrow(/cannot process/);
  });

  it("can be stopped in every state, and stays terminated", () => {
    assert(
      property(array(constantFrom(...EVENTS), { maxLength: 12 }), (events) => {
        let state: ServiceState = "new";
        let stopped = false;
        for (const event of events) {
          try {
            state = transition(state, event);
          } catch {
            // An event that is not valid in this state.
          }
          stopped ||= event === "stop";
          if (stopped) expect(["stopping", "terminated"]).toContain(state);
        }
        expect(["stopping", "terminated"]).toContain(transition(state, "stop"));
      }),
    );
  });
});
