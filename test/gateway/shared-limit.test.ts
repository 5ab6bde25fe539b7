import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLAIM_TTL_MS, SharedLimit } from "../../src/runtime/gateway/limits/shared-limit.js";

const OWNERS = ["a", "b", "c"] as const;

const actions = fc.array(
  fc.record({
    kind: fc.constantFrom("take", "take", "release"),
    owner: fc.constantFrom(...OWNERS),
    amount: fc.integer({ min: 1, max: 6 }),
    afterMs: fc.constantFrom(0, 1, 100, CLAIM_TTL_MS),
  }),
  { maxLength: 80 },
);

describe("a limit that several owners share", () => {
  it("lets one owner use all of it while no other requests any", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.array(fc.integer({ min: 1, max: 6 })), (capacity, amounts) => {
        const limit = new SharedLimit(capacity);
        for (const amount of amounts) {
          const fits = limit.used + amount <= capacity;
          expect(limit.take("a", amount, 0)).toBe(fits);
        }
      }),
    );
  });

  it("is never exceeded, and refuses an owner within its share only while it is full", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), actions, (capacity, steps) => {
        const limit = new SharedLimit(capacity);
        let now = 0;
        for (const { kind, owner, amount, afterMs } of steps) {
          now += afterMs;
          if (kind === "release") {
            limit.release(owner, Math.min(amount, limit.heldBy(owner)));
          } else {
            const fits = limit.used + amount <= capacity;
            const granted = limit.take(owner, amount, now);
            if (granted) expect(fits).toBe(true);
            else if (fits) expect(limit.heldBy(owner) + amount).toBeGreaterThan(limit.shareOf(owner));
          }
          const held = OWNERS.reduce((sum, each) => sum + limit.heldBy(each), 0);
          expect(limit.used).toBe(held);
          expect(held).toBeLessThanOrEqual(capacity);
          expect(held).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("grants a new owner its share, however fast the other owner requests again what it releases", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 30 }), (capacity) => {
        const limit = new SharedLimit(capacity);
        while (limit.take("greedy", 1, 0));
        for (let round = 0; round < capacity; round += 1) {
          limit.take("newcomer", 1, round);
          limit.release("greedy", 1);
          limit.take("greedy", 1, round);
          limit.take("newcomer", 1, round);
        }
        expect(limit.heldBy("newcomer")).toBeGreaterThanOrEqual(Math.floor(capacity / 2));
        expect(limit.heldBy("greedy")).toBeGreaterThanOrEqual(Math.floor(capacity / 2));
      }),
    );
  });

  it("is available to one owner again once the claim of another has expired", () => {
    const limit = new SharedLimit(10);
    for (let count = 0; count < 10; count += 1) limit.take("a", 1, 0);
    expect(limit.take("b", 1, 0)).toBe(false);
    limit.release("a", 1);
    expect(limit.take("a", 1, CLAIM_TTL_MS - 1)).toBe(false);
    expect(limit.take("a", 1, CLAIM_TTL_MS)).toBe(true);
  });

  it("is available to any owner after everything is released", () => {
    const limit = new SharedLimit(4);
    for (const owner of OWNERS) limit.take(owner, 1, 0);
    for (const owner of OWNERS) limit.release(owner, 1);
    expect(limit.used).toBe(0);
    expect(limit.take("d", 4, 0)).toBe(true);
  });
});
