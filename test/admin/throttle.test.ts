import { describe, expect, test } from "vitest";
import { Throttle } from "../../src/runtime/admin/throttle.js";
import { Turns } from "../../src/runtime/admin/turns.js";

const options = { maxFailures: 3, windowMs: 1_000, maxConcurrent: 1, maxAddresses: 10 };
const wrong = async () => undefined;
const right = async () => "actor";

/** A throttle with a clock, and an address that has sent `maxFailures` wrong credentials. */
async function exhausted() {
  const clock = { now: 0 };
  const throttle = new Throttle(options, () => clock.now);
  const kinds: string[] = [];
  for (let n = 0; n < options.maxFailures; n++) kinds.push((await throttle.lookUp("192.0.2.1", `w${n}`, wrong)).kind);
  expect(kinds).toEqual(["wrong", "wrong", "wrong"]);
  return { throttle, clock };
}

describe("an address with too many wrong credentials", () => {
  test("has to wait from the next wrong one on, until the window ends", async () => {
    const { throttle, clock } = await exhausted();
    clock.now = 400;
    expect(await throttle.lookUp("192.0.2.1", "w", wrong)).toEqual({ kind: "throttled", waitMs: 600 });
    clock.now = 1_000;
    expect(await throttle.lookUp("192.0.2.1", "w", wrong)).toEqual({ kind: "wrong" });
  });

  test("still has its right credentials accepted, also those never sent before", async () => {
    const { throttle } = await exhausted();
    expect(await throttle.lookUp("192.0.2.1", "r", right)).toEqual({ kind: "found", found: "actor" });
  });

  test("never has a credential refused without a look-up, however many wait", async () => {
    const { throttle } = await exhausted();
    const wrongs = Array.from({ length: 200 }, (_, n) => throttle.lookUp("192.0.2.1", `x${n}`, wrong));
    expect((await throttle.lookUp("192.0.2.1", "r", right)).kind).toBe("found");
    expect(new Set((await Promise.all(wrongs)).map(({ kind }) => kind))).toEqual(new Set(["throttled"]));
  });

  test("does not affect other addresses, and is the whole network of an IPv6 host", async () => {
    const { throttle } = await exhausted();
    expect((await throttle.lookUp("192.0.2.2", "w", wrong)).kind).toBe("wrong");
    for (let n = 0; n < options.maxFailures; n++) await throttle.lookUp(`2001:db8::${n}`, "w", wrong);
    expect((await throttle.lookUp("2001:db8:0:0:ffff::1", "w", wrong)).kind).toBe("throttled");
    expect((await throttle.lookUp("2001:db8:0:1::1", "w", wrong)).kind).toBe("wrong");
  });

  test("does not delay a credential that was valid before", async () => {
    const clock = { now: 0 };
    const throttle = new Throttle(options, () => clock.now);
    await throttle.lookUp("192.0.2.1", "known", right);
    for (let n = 0; n < 3; n++) await throttle.lookUp("192.0.2.1", `w${n}`, wrong);
    const never = throttle.lookUp("192.0.2.1", "held", () => new Promise(() => undefined));
    expect((await throttle.lookUp("192.0.2.1", "known", right)).kind).toBe("found");
    expect(never).toBeInstanceOf(Promise);
  });
});

describe("look-ups in turns", () => {
  test("run a bounded number at a time, the owners in turn and each in order of arrival", async () => {
    const turns = new Turns({ max: 2 });
    const started: string[] = [];
    let running = 0;
    const work = (name: string) => async () => {
      started.push(name);
      running++;
      expect(running).toBeLessThanOrEqual(2);
      await new Promise(setImmediate);
      running--;
      return name;
    };
    const many = Array.from({ length: 6 }, (_, n) => turns.run("a", work(`a${n}`)));
    const few = [turns.run("b", work("b0")), turns.run("c", work("c0")), turns.run("b", work("b1"))];
    expect(await Promise.all([...many, ...few])).toEqual(["a0", "a1", "a2", "a3", "a4", "a5", "b0", "c0", "b1"]);
    expect(started).toEqual(["a0", "a1", "a2", "b0", "c0", "a3", "b1", "a4", "a5"]);
  });

  test("leave places to others, however much one owner has", async () => {
    const turns = new Turns({ max: 3, maxPerOwner: 2 });
    const ends: (() => void)[] = [];
    const held = Array.from({ length: 5 }, () => turns.run("a", () => new Promise<void>((end) => ends.push(end))));
    expect(await turns.run("b", async () => "at once")).toBe("at once");
    expect(ends).toHaveLength(2);
    for (let n = 0; n < 5; n++) {
      ends[n]?.();
      await new Promise(setImmediate);
    }
    await Promise.all(held);
  });

  test("give a place back after work that fails", async () => {
    const turns = new Turns({ max: 1 });
    await expect(turns.run("a", () => Promise.reject(new Error("x")))).rejects.toThrow("x");
    expect(await turns.run("a", async () => "next")).toBe("next");
  });
});
