import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as machine from "../../src/runtime/gateway/exchange/state.js";
import { runs } from "../support/property-runs.js";

type Choice = <Option>(options: readonly Option[]) => Option;

/**
 * The environment of one request: a queue, a target, a journal, a client and a timer, each of which may do at any time what
 * it can do in fact. It carries out the effects as `Exchange` does and counts what the invariants are about.
 */
class Environment {
  readonly state = machine.initialState();
  queued = false;
  calling = false;
  timer = false;
  intent: "none" | "pending" | "durable" | "refused" = "none";
  settlement: "none" | "pending" | "durable" | "refused" = "none";
  bytesOut = 0;
  held = 0;
  readonly counts = { granted: 0, released: 0, settled: 0, intents: 0, answers: 0, finished: 0, sent: 0 };
  journalFails = false;

  constructor(private readonly choose: Choice) {}

  /** The events that are possible next. */
  enabled(): machine.Event[] {
    const events: machine.Event[] = [];
    if (!this.state.clientLeft && this.state.phase !== "done") events.push("client-left");
    if (this.queued) events.push("target-granted", "queue-refused");
    if (this.calling) {
      // A cancelled call may still deliver what had arrived before the cancellation.
      events.push("output", "completed");
      if (!this.state.started) events.push("upstream-error");
      events.push("connection-lost");
    }
    if (this.timer) events.push("retry-due");
    if (this.intent === "pending") events.push("intent-durable", "journal-refused");
    else if (this.settlement === "pending") events.push("settlement-durable", "journal-refused");
    return events;
  }

  happen(event: machine.Event): void {
    if (event === "target-granted" || event === "queue-refused") this.queued = false;
    if (event === "target-granted") this.counts.granted += 1;
    if (event === "completed" || event === "upstream-error" || event === "connection-lost") this.calling = false;
    if (event === "retry-due") this.timer = false;
    if (event === "intent-durable") this.intent = "durable";
    if (event === "settlement-durable") this.settlement = "durable";
    if (event === "journal-refused") {
      if (this.intent === "pending") this.intent = "refused";
      if (this.settlement === "pending") this.settlement = "refused";
    }
    this.carryOut(machine.step(this.state, event));
  }

  private carryOut(effects: machine.Effects): void {
    const has = (effect: machine.Effects): boolean => (effects & effect) !== 0;
    if (has(machine.LEAVE_QUEUE)) this.queued = false;
    if (has(machine.CANCEL_RETRY)) this.timer = false;
    if (has(machine.ABANDON)) this.calling = false;
    if (has(machine.RELEASE)) this.counts.released += 1;
    if (has(machine.DISCARD_HELD)) this.held = 0;
    if (has(machine.PASS_ON)) {
      if (this.intent === "durable") this.bytesOut += 1;
      else this.held += 1;
    }
    if (has(machine.OPEN)) {
      if (!this.state.clientLeft) this.bytesOut += this.held;
      this.held = 0;
    }
    // The status of a settlement is 499 exactly if the client disconnected before it was written.
    if (has(machine.SETTLE)) expect(this.state.clientLeft).toBe(false);
    if (has(machine.SETTLE_LEFT)) expect(this.state.clientLeft).toBe(true);
    // Metrics count only what the journal has accepted.
    if (has(machine.RECORD)) expect(this.settlement).toBe("durable");
    if (has(machine.SETTLE) || has(machine.SETTLE_LEFT)) {
      this.counts.settled += 1;
      this.settlement = "pending";
      if (this.journalFails) this.happen("journal-refused");
    }
    for (const answer of [machine.REFUSE, machine.DESTROY, machine.END]) if (has(answer)) this.counts.answers += 1;
    if (has(machine.REFUSE)) expect(this.bytesOut).toBe(0);
    if (has(machine.END) && this.state.intended) expect(this.settlement).toBe("durable");
    if (has(machine.FINISH)) this.counts.finished += 1;
    if (has(machine.WRITE_INTENT)) {
      this.counts.intents += 1;
      this.intent = "pending";
      if (this.journalFails) this.happen("journal-refused");
    }
    if (has(machine.SEND) && this.state.phase === "calling") {
      expect(this.bytesOut).toBe(0);
      expect(this.state.clientLeft).toBe(false);
      this.counts.sent += 1;
      this.calling = true;
    }
    if (has(machine.SELECT)) {
      if (this.choose([true, false])) this.happen("target-granted");
      else {
        machine.step(this.state, "queued");
        if (this.state.phase === "queued") this.queued = true;
        if (this.queued && this.choose([true, false])) this.happen("queue-refused");
      }
    }
    if (has(machine.DECIDE)) this.happen(this.choose(["retry-now", "retry-later", "fall-back", "exhausted"]));
    if (has(machine.FALL_BACK)) this.happen(this.choose(["fall-back", "exhausted"]));
    if (has(machine.SCHEDULE_RETRY)) this.timer = true;
  }
}

/** Events that complete every request in any state. */
const ENDING: readonly machine.Event[] = [
  "intent-durable",
  "settlement-durable",
  "completed",
  "connection-lost",
  "retry-due",
  "target-granted",
];

describe("the states of a request", () => {
  it("end with one response and one settlement, for any order of events of upstream, queue, journal and client", () => {
    const decisions = fc.infiniteStream(fc.nat(1_000));
    fc.assert(
      fc.property(decisions, fc.nat(40), fc.boolean(), (stream, steps, journalFails) => {
        let lasting = true;
        const choose: Choice = (options) => {
          const { value } = stream.next();
          // After the random part, every decision leads to the end.
          const index = lasting ? (value ?? 0) % options.length : options.length - 1;
          const option = options[index];
          if (option === undefined) throw new Error("no options");
          return option;
        };
        const environment = new Environment(choose);
        environment.journalFails = journalFails;
        environment.happen("start");
        for (let count = 0; count < steps; count += 1) {
          const events = environment.enabled();
          if (events.length === 0) break;
          environment.happen(choose(events));
        }
        lasting = false;
        for (let count = 0; count < 20 && environment.state.phase !== "done"; count += 1) {
          const events = environment.enabled();
          const next = ENDING.find((event) => events.includes(event));
          expect(next, `nothing can happen in ${environment.state.phase}`).toBeDefined();
          if (next !== undefined) environment.happen(next);
        }

        const { counts, state } = environment;
        expect(state.phase).toBe("done");
        expect(counts.finished).toBe(1);
        expect(counts.released).toBe(counts.granted);
        expect(counts.intents).toBe(state.intended ? 1 : 0);
        expect(counts.answers).toBeLessThanOrEqual(1);
        if (!state.clientLeft) expect(counts.answers).toBe(1);
        const refused = environment.intent === "refused" || environment.settlement === "refused";
        expect(counts.settled).toBeLessThanOrEqual(1);
        if (state.intended && !refused) expect(counts.settled).toBe(1);
        if (!state.intended) expect(counts.settled).toBe(0);
        if (environment.bytesOut > 0) expect(environment.intent).toBe("durable");
        expect([environment.queued, environment.calling, environment.timer]).toEqual([false, false, false]);
        // `started` decides whether a refused settlement is retried: it must mean that bytes went out.
        expect(state.started).toBe(environment.bytesOut > 0);
      }),
      { numRuns: runs(3_000) },
    );
  });

  it("tolerate unexpected events: one response, one settlement, every slot released", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...machine.EVENTS), { maxLength: 60 }), (events) => {
        const state = machine.initialState();
        const counts = { granted: 0, released: 0, settled: 0, answers: 0, finished: 0 };
        for (const event of events) {
          const before = state.phase;
          if (event === "target-granted") counts.granted += 1;
          const effects = machine.step(state, event);
          const count = (...each: machine.Effects[]): number => each.filter((effect) => effects & effect).length;
          counts.released += count(machine.RELEASE);
          counts.settled += count(machine.SETTLE, machine.SETTLE_LEFT);
          counts.answers += count(machine.REFUSE, machine.DESTROY, machine.END);
          counts.finished += count(machine.FINISH);
          if (before === "done") expect(state.phase).toBe("done");
          expect(counts.released).toBe(counts.granted - (state.phase === "calling" ? 1 : 0));
        }
        expect(counts.settled).toBeLessThanOrEqual(1);
        expect(counts.answers).toBeLessThanOrEqual(1);
        expect(counts.finished).toBe(state.phase === "done" ? 1 : 0);
      }),
      { numRuns: runs(3_000) },
    );
  });

  it("write the intent once, however many servers are tried", () => {
    const state = machine.initialState();
    machine.step(state, "start");
    expect(machine.step(state, "target-granted")).toBe(machine.WRITE_INTENT | machine.SEND);
    machine.step(state, "connection-lost");
    machine.step(state, "retry-now");
    expect(machine.step(state, "target-granted")).toBe(machine.SEND);
  });

  it("do not retry for a client that has disconnected", () => {
    const state = machine.initialState();
    for (const event of ["start", "target-granted"] as const) machine.step(state, event);
    expect(machine.step(state, "client-left")).toBe(machine.CANCEL);
    expect(machine.step(state, "upstream-error")).toBe(machine.RELEASE | machine.SETTLE_LEFT);
  });

  it("end an interrupted response that has started, and close its connection if it cannot be counted", () => {
    const state = machine.initialState();
    for (const event of ["start", "target-granted", "intent-durable", "output"] as const) machine.step(state, event);
    expect(machine.step(state, "connection-lost")).toBe(machine.RELEASE | machine.BREAK | machine.SETTLE);
    expect(machine.step(state, "journal-refused")).toBe(machine.DESTROY | machine.FINISH);
    expect(state.started).toBe(true);
  });

  it("settle a response that is completed during its cancellation as one of a client that disconnected", () => {
    const state = machine.initialState();
    for (const event of ["start", "target-granted", "client-left"] as const) machine.step(state, event);
    expect(machine.step(state, "completed")).toBe(machine.RELEASE | machine.SETTLE_LEFT);
  });

  it("keep the settlement of a complete response if the client disconnects while it is written", () => {
    const state = machine.initialState();
    for (const event of ["start", "target-granted", "intent-durable", "completed"] as const) machine.step(state, event);
    expect(machine.step(state, "client-left")).toBe(0);
    expect(machine.step(state, "settlement-durable")).toBe(machine.END | machine.RECORD | machine.FINISH);
  });
});
