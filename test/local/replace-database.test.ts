import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { KeelsonError } from "../../src/errors/keelson-error.js";
import { type ReplaceablePlatform, replaceDatabase } from "../../src/local/control/replace-database.js";
import type { SupervisorEvent } from "../../src/local/supervisor.js";
import { RestoreRecorder } from "../../src/recovery/restore/progress.js";

type Failing = "replace" | "discard" | "recover" | "roll back";

const failIf = async (fails: boolean, what: string): Promise<void> => {
  if (fails) throw new KeelsonError("data/unwritable", what);
};

/** A platform at which the given operations fail; `done` records what succeeded. */
function platform(failing: readonly Failing[], done: string[]): ReplaceablePlatform {
  const fails = (operation: Failing): boolean => failing.includes(operation);
  let recovered = false;
  return {
    recovery: {
      prepareReplacement: async ({ id }, _target, observer) => {
        observer.step("choose");
        observer.chosen(id);
        observer.step("fetch");
        observer.fetched(5, 10);
        return {
          id,
          replace: async () => {
            await failIf(fails("replace"), "cannot replace");
            return { id, kept: "/kept" };
          },
          discard: async () => {
            await failIf(fails("discard"), "cannot discard");
            done.push("discarded");
          },
        };
      },
      probeArchive: async () => 0,
      rollBack: async (kept) => {
        await failIf(fails("roll back"), "cannot roll back");
        recovered = true;
        done.push(`rolled back from ${kept}`);
      },
    },
    supervisor: {
      events: new EventEmitter<{ event: [SupervisorEvent] }>(),
      whileStopped: (work) => work(),
      whenReady: (signal) => {
        expect(signal).toBeInstanceOf(AbortSignal);
        return failIf(fails("recover") && !recovered, "cannot recover");
      },
    },
  };
}

const recorder = () => new RestoreRecorder({ id: "b1" }, Date.now);

describe("a restore in place", () => {
  const cases: readonly (readonly [readonly Failing[], string, readonly string[]])[] = [
    [["replace"], "cannot replace", ["discarded"]],
    [["replace", "discard"], "cannot replace (the cleanup failed too: cannot discard)", []],
    [["recover"], "cannot recover", ["rolled back from /kept"]],
    [["recover", "roll back"], "cannot recover (the cleanup failed too: cannot roll back)", []],
  ];
  it.each(cases)("whose operations %j fail reports the first error: %s", async (failing, message, expected) => {
    const done: string[] = [];
    const restored = replaceDatabase(platform(failing, done), { id: "b1" }, { kind: "latest" }, recorder());
    await expect(restored).rejects.toMatchObject({ code: "data/unwritable", message });
    expect(done).toEqual(expected);
  });

  it("reports the backup and where the previous database is kept", async () => {
    const done: string[] = [];
    const observer = recorder();
    expect(await replaceDatabase(platform([], done), { id: "b1" }, { kind: "latest" }, observer)).toMatchObject({
      id: "b1",
      kept: "/kept",
    });
    expect(done).toEqual([]);
    const steps = observer.get().steps.map(({ name }) => name);
    expect(steps).toEqual(["choose", "fetch", "archive", "stop", "replace", "start"]);
  });

  it("records its steps with their durations, and the step in which it failed", async () => {
    let now = 1000;
    const observer = new RestoreRecorder({ id: "latest" }, () => (now += 10));
    await replaceDatabase(platform(["recover"], []), { id: "b1" }, { kind: "latest" }, observer).catch(
      (error: unknown) => observer.fail(error),
    );
    const { steps, ...progress } = observer.get();
    expect(progress).toMatchObject({ state: "failed", backup: "b1", reason: "cannot recover" });
    expect(steps.at(-1)).toMatchObject({ name: "roll-back", tookMs: 10 });
    expect(steps.find(({ name }) => name === "fetch")?.bytes).toEqual({ done: 5, total: 10 });
  });
});
