import { describe, expect, test } from "vitest";
import { type LookUp, Throttle } from "../../src/runtime/admin/throttle.js";

const options = { maxFailures: 3, windowMs: 1_000, maxConcurrent: 1, maxWaiting: 2, maxAddresses: 10 };
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

  test("has few look-ups at a time, a right credential among them in its turn", async () => {
    const { throttle } = await exhausted();
    let release = (_found?: string): void => undefined;
    const started: string[] = [];
    const held = throttle.lookUp("192.0.2.1", "a", () => {
      started.push("a");
      return new Promise<string | undefined>((resolve) => {
        release = resolve;
      });
    });
    const waiting = throttle.lookUp("192.0.2.1", "b", async () => {
      started.push("b");
      return "actor";
    });
    await new Promise(setImmediate);
    expect(started).toEqual(["a"]);
    release();
    expect([(await held).kind, (await waiting).kind]).toEqual(["throttled", "found"]);
  });

  test("has no more than a bounded number of look-ups waiting", async () => {
    const { throttle } = await exhausted();
    let release = (): void => undefined;
    const gate = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    const all = Array.from({ length: 5 }, (_, n) => throttle.lookUp("192.0.2.1", `x${n}`, () => gate));
    const first: LookUp<unknown>[] = await Promise.all(all.slice(3));
    expect(first.map(({ kind }) => kind)).toEqual(["throttled", "throttled"]);
    release();
    await Promise.all(all);
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
