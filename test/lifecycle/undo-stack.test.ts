import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UndoStack } from "../../src/lifecycle/undo-stack.js";

const signal = AbortSignal.timeout(60_000);

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
