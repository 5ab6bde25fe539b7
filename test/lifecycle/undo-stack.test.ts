import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ABORTED_RELEASE_TIMEOUT_MS, UndoStack } from "../../src/lifecycle/undo-stack.js";

const signal = AbortSignal.timeout(60_000);

afterEach(() => {
  vi.useRealTimers();
});

describe("the undo stack of a start", () => {
  it("releases what its steps acquired, newest first, with the value and the signal", async () => {
    const released: unknown[] = [];
    const stack = new UndoStack({ onFailure: () => undefined });
    expect(
      await stack.step(
        "lock",
        () => "a lock",
        (value, given) => released.push([value, given === signal]),
      ),
    ).toBe("a lock");
    await stack.step("nothing to release", () => 1);
    await stack.step(
      "socket",
      async () => "a socket",
      (value) => released.push(value),
    );
    await stack.run(signal);
    expect(released).toEqual(["a socket", ["a lock", true]]);
  });

  it("releases each step once", async () => {
    let released = 0;
    const stack = new UndoStack({ onFailure: () => undefined });
    await stack.step(
      "one",
      () => 0,
      () => (released += 1),
    );
    await Promise.all([stack.run(signal), stack.run(signal)]);
    await stack.run(signal);
    expect(released).toBe(1);
  });

  it("runs one release at a time although it is run twice", async () => {
    const events: string[] = [];
    let release: () => void = () => undefined;
    const newer = new Promise<void>((resolve) => {
      release = resolve;
    });
    const stack = new UndoStack({ onFailure: () => undefined });
    stack.defer("older", () => events.push("older released"));
    stack.defer("newer", async () => {
      events.push("newer started");
      await newer;
      events.push("newer released");
    });
    const first = stack.run(signal);
    const second = stack.run(signal);
    await Promise.resolve();
    expect(events).toEqual(["newer started"]);
    release();
    await second;
    expect(events).toEqual(["newer started", "newer released", "older released"]);
    await first;
  });

  it("abandons a release that hangs after the signal aborts, reports it, and runs the older ones", async () => {
    vi.useFakeTimers();
    const released: string[] = [];
    const failed: string[] = [];
    const timeout = new AbortController();
    const stack = new UndoStack({ onFailure: (step) => failed.push(step) });
    stack.defer("lock", () => released.push("lock"));
    stack.defer("hangs", () => new Promise(() => undefined));
    stack.defer("hangs from the first", () => new Promise(() => undefined));
    let done = false;
    const run = stack.run(timeout.signal).then(() => {
      done = true;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failed).toEqual([]);
    timeout.abort();
    await vi.advanceTimersByTimeAsync(2 * ABORTED_RELEASE_TIMEOUT_MS - 1);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await run;
    expect(failed).toEqual(["hangs from the first", "hangs"]);
    expect(released).toEqual(["lock"]);
  });

  it("waits for a release that completes soon after the signal has aborted", async () => {
    const released: string[] = [];
    const failed: string[] = [];
    const stack = new UndoStack({ onFailure: (step) => failed.push(step) });
    stack.defer("file", async () => {
      await new Promise((resolve) => setImmediate(resolve));
      released.push("file");
    });
    await stack.run(AbortSignal.abort());
    expect([released, failed]).toEqual([["file"], []]);
  });

  it("starts no step after a stop, and releases what the step in progress acquires", async () => {
    const released: string[] = [];
    let acquire: (value: string) => void = () => undefined;
    const acquired = new Promise<string>((resolve) => {
      acquire = resolve;
    });
    const stack = new UndoStack({ onFailure: () => undefined });
    const inProgress = stack.step(
      "in progress",
      () => acquired,
      (value) => released.push(value),
    );
    await stack.run(signal);
    acquire("a socket");
    await inProgress;
    await stack.run(signal);
    expect(released).toEqual(["a socket"]);
    await expect(stack.step("the next", () => released.push("acquired"))).rejects.toThrow("stopped before “the next”");
    expect(released).toEqual(["a socket"]);
  });

  it("registers nothing for a step that fails, and the release of one that fails at its debug point", async () => {
    const released: string[] = [];
    const stack = new UndoStack({
      onFailure: () => undefined,
      afterStep: (step) => {
        if (step === "two") throw new Error("injected");
      },
    });
    const refused = (): never => {
      throw new Error("refused");
    };
    await expect(stack.step("one", refused, () => released.push("one"))).rejects.toThrow("refused");
    await expect(
      stack.step(
        "two",
        () => 2,
        () => released.push("two"),
      ),
    ).rejects.toThrow("injected");
    await stack.run(signal);
    expect(released).toEqual(["two"]);
  });

  it("runs every release although others fail, and reports each failure", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 8 }), async (fails) => {
        const released: number[] = [];
        const failed: string[] = [];
        const stack = new UndoStack({ onFailure: (step) => failed.push(step) });
        for (const [at, fail] of fails.entries())
          await stack.step(
            `${at}`,
            () => at,
            () => {
              released.push(at);
              if (fail) throw new Error("cannot be released");
            },
          );
        await stack.run(signal);
        const newestFirst = [...fails.keys()].reverse();
        expect(released).toEqual(newestFirst);
        expect(failed).toEqual(newestFirst.filter((at) => fails[at]).map(String));
      }),
    );
  });
});
