import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Claimant, FairQueue } from "../../src/runtime/gateway/limits/fair-queue.js";

interface Entry extends Claimant {
  readonly number: number;
}

function served(queue: FairQueue<Entry>): Entry[] {
  const order: Entry[] = [];
  for (let next = queue.first(); next !== undefined; next = queue.first()) {
    queue.serve(next);
    order.push(next);
  }
  return order;
}

describe("a fair queue", () => {
  it("serves organisations in turn, and the keys of one in turn", () => {
    const queue = new FairQueue<Entry>();
    const entry = (owner: string, member: string, number: number): Entry => ({ owner, member, number });
    for (let number = 0; number < 4; number += 1) queue.push(entry("large", "a", number));
    queue.push(entry("large", "b", 0));
    queue.push(entry("small", "c", 0));
    expect(served(queue).map(({ owner, member, number }) => `${owner} ${member} ${number}`)).toEqual([
      "large a 0",
      "small c 0",
      "large b 0",
      "large a 1",
      "large a 2",
      "large a 3",
    ]);
    expect(queue.length).toBe(0);
  });

  const entries = fc.array(fc.record({ owner: fc.constantFrom("x", "y", "z"), member: fc.constantFrom("a", "b") }), {
    maxLength: 40,
  });

  it("serves each entry once, each key in order of arrival, and no organisation twice while another one waits", () => {
    fc.assert(
      fc.property(entries, (claimants) => {
        const queue = new FairQueue<Entry>();
        const all: Entry[] = claimants.map((claimant, number) => ({ ...claimant, number }));
        for (const entry of all) queue.push(entry);
        expect([...queue.inOrder()].length).toBe(all.length);
        const order = served(queue);
        expect(new Set(order)).toEqual(new Set(all));
        const waiting = new Set(all);
        for (const [index, entry] of order.entries()) {
          const next = order[index + 1];
          waiting.delete(entry);
          const others = [...waiting].some(({ owner }) => owner !== entry.owner);
          if (next !== undefined && others) expect(next.owner).not.toBe(entry.owner);
          const earlier = [...waiting].filter(
            (other) => other.owner === entry.owner && other.member === entry.member && other.number < entry.number,
          );
          expect(earlier).toEqual([]);
        }
      }),
    );
  });

  it("forgets removed entries", () => {
    fc.assert(
      fc.property(entries, fc.infiniteStream(fc.boolean()), (claimants, remove) => {
        const queue = new FairQueue<Entry>();
        const all: Entry[] = claimants.map((claimant, number) => ({ ...claimant, number }));
        for (const entry of all) queue.push(entry);
        const removed: Entry[] = all.filter((entry) => remove.next().value && queue.remove(entry));
        for (const entry of removed) expect(queue.remove(entry)).toBe(false);
        expect(queue.length).toBe(all.length - removed.length);
        expect(new Set(queue.drain())).toEqual(new Set(all.filter((entry) => !removed.includes(entry))));
        expect(queue.length).toBe(0);
      }),
    );
  });
});
