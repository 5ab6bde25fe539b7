import { array, assert, boolean, constant, constantFrom, integer, oneof, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { decide, type Phase, type ProcessState, type State } from "../../src/local/decide.js";
import { ended, initialState, ready, responded, setWanted, starting, stopping } from "../../src/local/transitions.js";
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

const running: Phase = { phase: "running", since: NOW - 500, respondedAt: NOW - 500 };
const database = (given: Partial<ProcessState> = {}) => process("postgres", given);
const platform = (given: Partial<ProcessState> = {}) => process("platform", { needs: ["postgres"], ...given });

describe("the next action", () => {
  test.each<[string, State, string]>([
    ["the database is started first", [database(), platform()], "start postgres"],
    [
      "a process that needs the database waits until it is ready",
      [database({ phase: { phase: "starting", since: NOW } }), platform()],
      "wait 60000",
    ],
    ["then it is started", [database({ phase: running }), platform()], "start platform"],
    [
      "nothing is done while all processes run",
      [database({ phase: running }), platform({ phase: running })],
      "wait 2500",
    ],
    ["a crashed process is started again", [database({ phase: running }), platform({ crashes: 1 })], "start platform"],
    [
      "one that keeps crashing waits for its backoff",
      [database({ phase: running }), platform({ crashes: 4, notBefore: NOW + 1000 })],
      "wait 1000",
    ],
    [
      "a crash of the database does not restart its dependents",
      [database({ crashes: 1 }), platform({ phase: running })],
      "start postgres",
    ],
    [
      "a process that does not respond is killed",
      [database({ phase: { phase: "running", since: 0, respondedAt: NOW - 3000 } })],
      "kill postgres",
    ],
    [
      "a start that takes too long is killed",
      [database({ phase: { phase: "starting", since: NOW - 60_000 } })],
      "kill postgres",
    ],
    [
      "dependents stop before what they depend on",
      [database({ phase: running, wanted: false }), platform({ phase: running, wanted: false })],
      "stop platform",
    ],
    [
      "what they depend on runs until they have stopped",
      [
        database({ phase: running, wanted: false }),
        platform({ phase: { phase: "stopping", since: NOW - 100, killed: false }, wanted: false }),
      ],
      "wait 9900",
    ],
    ["and stops then", [database({ phase: running, wanted: false }), platform({ wanted: false })], "stop postgres"],
    [
      "a stop that takes too long becomes a kill",
      [database({ phase: { phase: "stopping", since: NOW - 10_000, killed: false }, wanted: false })],
      "kill postgres",
    ],
    [
      "and one kill is enough",
      [database({ phase: { phase: "stopping", since: NOW - 90_000, killed: true }, wanted: false })],
      "wait for ever",
    ],
    [
      "nothing is done when all have stopped",
      [database({ wanted: false }), platform({ wanted: false })],
      "wait for ever",
    ],
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

  test("is reset by a stable run of the process", () => {
    let state: State = [...initialState([]), database({ crashes: 5 })];
    state = ended(ready(starting(state, "postgres", NOW), "postgres", NOW), "postgres", NOW + 31_000);
    expect(state[0]).toMatchObject({ crashes: 1, notBefore: NOW + 31_000 });
  });

  test("does not apply to a requested stop", () => {
    const state = ended(
      setWanted(stopping([database({ phase: running })], "postgres", NOW, false), false),
      "postgres",
      NOW,
    );
    expect(state[0]).toMatchObject({ crashes: 0, phase: { phase: "absent" } });
  });
});

describe("for any events in any order", () => {
  const phase = oneof(
    constant<Phase>({ phase: "absent" }),
    integer({ min: NOW - 100_000, max: NOW }).map((since): Phase => ({ phase: "starting", since })),
    integer({ min: NOW - 100_000, max: NOW }).map((at): Phase => ({ phase: "running", since: at, respondedAt: at })),
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

  test("no process starts before its dependencies run, and none stops before its dependents", () => {
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

  test("executing each decision at once terminates: there is no loop of actions", () => {
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

  test("eventually every wanted process runs and every other one has stopped", () => {
    assert(
      property(state, array(constantFrom("crash", "hang", "answer"), { maxLength: 20 }), (given, troubles) => {
        let now = NOW;
        // A wanted process implies its dependencies, as in every platform.
        const wanted = given.some((each) => each.wanted);
        let current: State = setWanted(given, wanted);
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
              else if (trouble !== "hang") current = responded(current, spec.name, now);
            }
            now = Math.max(now + 1, Math.min(until ?? now + 1000, now + 1000));
          }
        }
        expect(current.every(({ phase: at }) => at.phase === (wanted ? "running" : "absent"))).toBe(true);
      }),
    );
  });
});
