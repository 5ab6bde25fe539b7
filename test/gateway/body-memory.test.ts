import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyMemory, type Lease, SMALL_BYTES } from "../../src/runtime/gateway/request/body-memory.js";

const MiB = 1024 * 1024;
const lease = (organisation: string): Lease => ({ organisation, bytes: 0, reserved: 0 });

describe("the memory of request bodies", () => {
  it("gives one organisation at most a quarter of it", () => {
    const memory = new BodyMemory(256 * MiB);
    const held = Array.from({ length: 3 }, () => lease("large"));
    expect(held.map((one) => memory.take(one, 32 * MiB, 0))).toEqual([true, true, false]);
    expect(memory.take(lease("other"), 32 * MiB, 0)).toBe(true);
  });

  it("has a reserve for small bodies when large ones hold everything else", () => {
    const memory = new BodyMemory(64 * MiB);
    for (let count = 0; count < 60; count += 1) memory.take(lease(`org-${count}`), MiB, 0);
    expect(memory.take(lease("late"), MiB, 0)).toBe(false);
    const small = lease("late");
    expect(memory.take(small, 1024, 0)).toBe(true);
    expect(small.reserved).toBe(1024);
    // It is no longer small, and nothing but the reserve is free.
    expect(memory.take(small, SMALL_BYTES, 0)).toBe(false);
    memory.release(small);
  });

  it("releases what it gave, and never gives more than it has", () => {
    const step = fc.record({
      owner: fc.constantFrom("a", "b", "c", "d", "e"),
      bytes: fc.integer({ min: 1, max: 200_000 }),
      release: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const memory = new BodyMemory(MiB);
        const leases: Lease[] = [];
        for (const { owner, bytes, release } of steps) {
          const one = release ? leases.pop() : lease(owner);
          if (one === undefined) continue;
          if (release) memory.release(one);
          else {
            memory.take(one, bytes, 0);
            memory.take(one, bytes, 0);
            leases.push(one);
          }
          expect(memory.used).toBe(leases.reduce((sum, each) => sum + each.bytes, 0));
          expect(memory.used).toBeLessThanOrEqual(MiB);
        }
        for (const one of leases) memory.release(one);
        expect(memory.used).toBe(0);
      }),
    );
  });
});
