import { array, assert, boolean, constant, constantFrom, integer, oneof, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, type Phase, type ProcessState, type State } from "../../src/local/decide.js";
import { answered, ended, initialState, ready, starting, stopping, want } from "../../src/local/transitions.js";
import { backoff } from "../../src/promises/facts/supervisor.js";

const NOW = 1_000_000;

function process(name: string, given: Partial<ProcessState> & { needs?: string[] } = {}): ProcessState {
  const { needs = [], ...rest } = given;
  return {
    spec: { name, needs, liveness: { every: 1000, failures: 3 }, startup: 60_000, grace: 10_000 },
    wanted: true,
    phase: { phase: "absent" },
    crashes: 0,
    notBefore: 0,
    ...rest,
  };
}

const running: Phase = { phase: "running", since: NOW - 500, answered: NOW - 500 };
const database = (given: Partial<ProcessState> = {}) => process("postgres", given);
const platform = (given: Partial<ProcessState> = {}) => process("platform", { needs: ["postgres"], ...given });

describe("what is done next", () => {
  test.each<[string, State, string]>([
    ["the database is started first", [database(), platform()], "start postgres"],
    [
      "what needs the database waits until it answers",
      [database({ phase: { phase: "starting", since: NOW } }), platform()],
      "wait 60000",
    ],
    ["then it is started", [database({ phase: running }), platform()], "start platform"],
    ["nothing is done while all is well", [database({ phase: running }), platform({ phase: running })], "wait 2500"],
    ["a crashed process is started again", [database({ phase: running }), platform({ crashes: 1 })], "start platform"],
    [
      "one that keeps crashing waits its turn",
      [database({ phase: running }), platform({ crashes: 4, notBefore: NOW + 1000 })],
      "wait 1000",
    ],
    [
      "a crash of the database leaves those that use it alone",
      [database({ crashes: 1 }), platform({ phase: running })],
      "start postgres",
    ],
    [
      "a process that is silent for too long is killed",
      [database({ phase: { phase: "running", since: 0, answered: NOW - 3000 } })],
      "kill postgres",
    ],
    [
      "a start that takes too long is killed",
      [database({ phase: { phase: "starting", since: NOW - 60_000 } })],
      "kill postgres",
    ],
    [
      "users end before what they use",
      [database({ phase: running, wanted: false }), platform({ phase: running, wanted: false })],
      "stop platform",
    ],
    [
      "what they use stays until they are gone",
      [
        database({ phase: running, wanted: false }),
        platform({ phase: { phase: "stopping", since: NOW - 100, killed: false }, wanted: false }),
      ],
      "wait 9900",
    ],
    ["and ends then", [database({ phase: running, wanted: false }), platform({ wanted: false })], "stop postgres"],
    [
      "an end that takes too long is enforced",
      [database({ phase: { phase: "stopping", since: NOW - 10_000, killed: false }, wanted: false })],
      "kill postgres",
    ],
    [
      "and once is enough",
      [database({ phase: { phase: "stopping", since: NOW - 90_000, killed: true }, wanted: false })],
      "wait for ever",
    ],
    ["nothing is done when all are away", [database({ wanted: false }), platform({ wanted: false })], "wait for ever"],
  ])("%s", (_name, state, expected) => {
    const { action, reason } = decide(state, NOW);
    const shown =
      action.kind === "wait"
        ? `wait ${action.until === undefined ? "for ever" : action.until - NOW}`
        : `${action.kind} ${action.process}`;
    expect(shown).toBe(expected);
    expect(reason).not.toBe("");
  });
});

describe("the wait before a restart", () => {
  test("is none after one crash, then doubles up to half a minute", () => {
    expect([1, 2, 3, 4, 5, 20].map(backoff)).toEqual([0, 250, 500, 1000, 2000, 30_000]);
  });

  test("begins anew after the process has run well for a while", () => {
    let state: State = [...initialState([]), database({ crashes: 5 })];
    state = ended(ready(starting(state, "postgres", NOW), "postgres", NOW), "postgres", NOW + 31_000);
    expect(state[0]).toMatchObject({ crashes: 1, notBefore: NOW + 31_000 });
  });

  test("is not served for an end that was asked for", () => {
    const state = ended(want(stopping([database({ phase: running })], "postgres", NOW, false), false), "postgres", NOW);
    expect(state[0]).toMatchObject({ crashes: 0, phase: { phase: "absent" } });
  });
});

describe("whatever happens, in whatever order", () => {
  const phase = oneof(
    constant<Phase>({ phase: "absent" }),
    integer({ min: NOW - 100_000, max: NOW }).map((since): Phase => ({ phase: "starting", since })),
    integer({ min: NOW - 100_000, max: NOW }).map((at): Phase => ({ phase: "running", since: at, answered: at })),
    record({ since: integer({ min: NOW - 100_000, max: NOW }), killed: boolean() }).map(
      (given): Phase => ({ phase: "stopping", ...given }),
    ),
  );
  const state = array(
    record({
      phase,
      wanted: boolean(),
      crashes: integer({ min: 0, max: 9 }),
      notBefore: integer({ min: NOW - 9, max: NOW + 9 }),
    }),
    {
      minLength: 1,
      maxLength: 5,
    },
  ).map((given) => given.map((each, n) => process(`p${n}`, { ...each, needs: n === 0 ? [] : [`p${n - 1}`] })));

  test("nothing starts before what it needs runs, and nothing ends before its users", () => {
    assert(
      property(state, (given) => {
        const { action } = decide(given, NOW);
        if (action.kind === "wait") return;
        const index = given.findIndex((each) => each.spec.name === action.process);
        const self = given[index];
        if (action.kind === "start") {
          expect(self?.phase.phase).toBe("absent");
          expect(index === 0 || given[index - 1]?.phase.phase === "running").toBe(true);
        }
        const user = given[index + 1];
        if (action.kind === "stop" && user && !user.wanted) expect(user.phase.phase).toBe("absent");
      }),
    );
  });

  test("carrying out each decision at once comes to an end: there is no loop of actions", () => {
    assert(
      property(state, (given) => {
        let now: State = given;
        for (let steps = 0; ; steps += 1) {
          expect(steps).toBeLessThan(20);
          const { action } = decide(now, NOW);
          if (action.kind === "wait") return;
          if (action.kind === "start") now = starting(now, action.process, NOW);
          else now = stopping(now, action.process, NOW, action.kind === "kill");
        }
      }),
    );
  });

  test("with time, patience and processes that obey, everything wanted runs and everything else is away", () => {
    assert(
      property(state, array(constantFrom("crash", "hang", "answer"), { maxLength: 20 }), (given, troubles) => {
        let now = NOW;
        // A wish for a process is a wish for what it needs, as the platform always has it.
        const wanted = given.some((each) => each.wanted);
        let current: State = want(given, wanted);
        for (let step = 0; step < 400; step += 1) {
          const { action } = decide(current, now);
          const until = action.kind === "wait" ? action.until : undefined;
          if (action.kind === "start") current = starting(current, action.process, now);
          else if (action.kind === "stop")
            current = ended(stopping(current, action.process, now, false), action.process, now);
          else if (action.kind === "kill")
            current = ended(stopping(current, action.process, now, true), action.process, now);
          else {
            const trouble = troubles[step] ?? "answer";
            for (const { spec, phase: at } of current) {
              if (at.phase === "starting")
                current = trouble === "crash" ? ended(current, spec.name, now) : ready(current, spec.name, now);
              else if (at.phase === "stopping") current = ended(current, spec.name, now);
              else if (trouble !== "hang") current = answered(current, spec.name, now);
            }
            now = Math.max(now + 1, Math.min(until ?? now + 1000, now + 1000));
          }
        }
        expect(current.every(({ phase: at }) => at.phase === (wanted ? "running" : "absent"))).toBe(true);
      }),
    );
  });
});
