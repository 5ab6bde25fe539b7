import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readEarlier } from "../../src/runtime/gateway/usage/earlier.js";
import { entriesIn, frame, intentLine, settledLine, voidLine } from "../../src/runtime/gateway/usage/records.js";
import { UnsettledRequests } from "../../src/runtime/gateway/usage/recover.js";
import { intent, settled, unsettled } from "../support/gateway/journal-entries.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "keelson-journal-files-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("the files of a usage journal", () => {
  it("reads a torn file up to the tear, wherever it was cut", () => {
    const frames = [
      [intentLine(intent("a"))],
      [settledLine(settled("a")), intentLine(intent("b"))],
      [settledLine(settled("b"))],
    ].map(frame);
    const whole = Buffer.concat(frames);
    const ends = [0, 1, 3, 4];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), fc.boolean(), (cut, flip) => {
        const bytes = Buffer.from(whole.subarray(0, cut));
        if (flip && cut > 0) bytes[cut - 1] = (bytes[cut - 1] ?? 0) ^ 0x40;
        const count = [...entriesIn(bytes)].length;
        expect(ends).toContain(count);
        if (!flip) {
          const complete = frames.reduce(
            (sum, _, index) => (Buffer.concat(frames.slice(0, index + 1)).length <= cut ? index + 1 : sum),
            0,
          );
          expect(count).toBe(ends[complete]);
        }
      }),
    );
  });

  it("never settles a response twice, however entries were relocated, repeated and cut", () => {
    const step = fc.record({
      kind: fc.constantFrom("intent", "checkpoint", "settled"),
      id: fc.constantFrom("a", "b", "c"),
      tokens: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const entries = steps.map(({ kind, id, tokens }) =>
          kind === "intent"
            ? ({ kind: "intent", intent: intent(id) } as const)
            : kind === "checkpoint"
              ? ({ kind: "checkpoint", id, outputTokens: tokens, at: 1000 + tokens } as const)
              : ({ kind: "settled", event: settled(id) } as const),
        );
        const open = unsettled(entries);
        const done = new Set(entries.flatMap((entry) => (entry.kind === "settled" ? [entry.event.id] : [])));
        expect(new Set(open.map(({ id }) => id)).size).toBe(open.length);
        for (const { id } of open) expect(done.has(id)).toBe(false);
        for (const entry of entries)
          if (entry.kind === "intent")
            expect(done.has(entry.intent.id) || open.some(({ id }) => id === entry.intent.id)).toBe(true);
      }),
    );
  });

  it("holds only open requests in memory while it reads the files of an earlier process", () => {
    const requests = new UnsettledRequests();
    requests.add({ kind: "intent", intent: intent("open") });
    for (let index = 0; index < 1000; index += 1) {
      requests.add({ kind: "intent", intent: intent(`id-${index}`) });
      requests.add({ kind: "settled", event: settled(`id-${index}`) });
      expect(requests.size).toBe(1);
    }
  });

  it("does not settle a request whose intent was copied to a newer file after its settlement", async () => {
    await writeFile(join(directory, "0000000001.log"), frame([intentLine(intent("a")), settledLine(settled("a"))]));
    await writeFile(join(directory, "0000000002.log"), frame([intentLine(intent("a")), intentLine(intent("b"))]));
    expect((await readEarlier(directory)).unsettled.map(({ id }) => id)).toEqual(["b"]);
  });

  it("reads a file with more entries than a call can have arguments", async () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => voidLine(`id-${index}`));
    await writeFile(join(directory, "0000000001.log"), frame([...lines, intentLine(intent("a"))]));
    const earlier = await readEarlier(directory);
    expect(earlier.voided).toHaveLength(lines.length);
    expect(earlier.unsettled.map(({ id }) => id)).toEqual(["a"]);
  });
});
