import { type Logger, pino } from "pino";
import { describe, expect, it } from "vitest";
import { hashToken } from "../../src/runtime/accounts/client.js";
import { KEY_CACHE_TIMES, Keys, type Lookup } from "../../src/runtime/gateway/keys.js";
import { networkOf } from "../../src/runtime/kernel/client-networks.js";
import { FakeClock } from "../support/gateway/fake-clock.js";
import { Gate } from "../support/gateway/gate.js";
import { key, TestAccounts } from "../support/gateway/gateway.js";

const CLIENT = "192.0.2.1";
const hash = hashToken(key);
const { cacheTtlMs, staleTtlMs, revalidateTimeoutMs, negativeTtlMs, lookupTimeoutMs } = KEY_CACHE_TIMES;

function cacheOf(
  accounts: TestAccounts,
  log: Logger = pino({ level: "silent" }),
): { readonly keys: Keys; readonly clock: FakeClock } {
  const clock = new FakeClock();
  return { keys: new Keys(accounts, log, clock), clock };
}

/** The result of a look-up, or undefined while it is pending. */
function watch(lookup: Promise<Lookup>): { kind: Lookup["kind"] | undefined } {
  const result: { kind: Lookup["kind"] | undefined } = { kind: undefined };
  void lookup.then(({ kind }) => {
    result.kind = kind;
  });
  return result;
}

describe("the cache of API keys", () => {
  it("serves a key for its TTL without a look-up", async () => {
    const accounts = new TestAccounts();
    const { keys, clock } = cacheOf(accounts);
    await keys.find(hash, CLIENT);
    await clock.advance(cacheTtlMs - 1);
    expect(keys.peek(hash, clock.now())?.kind).toBe("known");
    await clock.advance(1);
    expect(keys.peek(hash, clock.now())).toBeUndefined();
    expect(accounts.lookups).toBe(1);
  });

  it("logs the first of several failed look-ups with its reason, and the recovery", async () => {
    const lines: string[] = [];
    const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
    const accounts = new TestAccounts();
    const { keys, clock } = cacheOf(accounts, log);
    accounts.unavailable = true;
    const failed = keys.find(hash, CLIENT);
    await clock.advance(lookupTimeoutMs + 1_000);
    expect((await failed).kind).toBe("unavailable");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("accounts is unavailable");
    accounts.unavailable = false;
    await keys.find(hash, CLIENT);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("looked up again");
  });

  it("refuses a cached key from the moment at which the key expires", async () => {
    const accounts = new TestAccounts();
    const { keys, clock } = cacheOf(accounts);
    accounts.add("expiring", { expires: clock.now() + 300 });
    await keys.find(hashToken("expiring"), CLIENT);
    await clock.advance(299);
    expect(keys.peek(hashToken("expiring"), clock.now())?.kind).toBe("known");
    await clock.advance(1);
    expect(keys.peek(hashToken("expiring"), clock.now())?.kind).toBe("unknown");
  });

  it("caches an invalid key for a short time only", async () => {
    const { keys, clock } = cacheOf(new TestAccounts());
    expect((await keys.find(hashToken("invalid"), CLIENT)).kind).toBe("unknown");
    await clock.advance(negativeTtlMs - 1);
    expect(keys.peek(hashToken("invalid"), clock.now())?.kind).toBe("unknown");
    await clock.advance(1);
    expect(keys.peek(hashToken("invalid"), clock.now())).toBeUndefined();
  });

  it("retries a look-up while accounts is unavailable", async () => {
    const accounts = new TestAccounts();
    accounts.unavailable = true;
    const { keys, clock } = cacheOf(accounts);
    const result = watch(keys.find(hash, CLIENT));
    await clock.advance(2_000);
    expect(result.kind).toBeUndefined();
    accounts.unavailable = false;
    await clock.advance(1_000);
    expect(result.kind).toBe("known");
  });

  it("reports accounts as unavailable after its timeout, and not before", async () => {
    const accounts = new TestAccounts();
    accounts.unavailable = true;
    const { keys, clock } = cacheOf(accounts);
    const result = watch(keys.find(hash, CLIENT));
    await clock.advance(lookupTimeoutMs - 1_500);
    expect(result.kind).toBeUndefined();
    await clock.advance(1_500);
    expect(result.kind).toBe("unavailable");
  });

  it("revalidates a key while changes may be missed, and serves the cached one while accounts is unreachable", async () => {
    const accounts = new TestAccounts();
    const { keys, clock } = cacheOf(accounts);
    await keys.find(hash, CLIENT);
    accounts.notify({ kind: "lost" });
    await clock.advance(staleTtlMs - 1);
    expect(keys.peek(hash, clock.now())?.kind).toBe("known");
    await clock.advance(1);
    expect(keys.peek(hash, clock.now())).toBeUndefined();
    accounts.unavailable = true;
    const result = watch(keys.find(hash, CLIENT));
    await clock.advance(revalidateTimeoutMs);
    expect(result.kind).toBe("known");
    // The next requests do not wait until the cached key is stale again.
    expect(keys.peek(hash, clock.now())?.kind).toBe("known");
  });

  it("does not store the result of a look-up if the key changed meanwhile", async () => {
    const accounts = new TestAccounts();
    const { keys } = cacheOf(accounts);
    const found = keys.find(hash, CLIENT);
    accounts.revoke(key);
    expect((await found).kind).toBe("unknown");
  });

  it("limits the look-ups at the same time, and serves the networks of clients in turn", async () => {
    const gate = new Gate();
    class SlowAccounts extends TestAccounts {
      override async authenticate(keyHash: string): ReturnType<TestAccounts["authenticate"]> {
        await gate.pass();
        return super.authenticate(keyHash);
      }
    }
    const accounts = new SlowAccounts();
    const { keys, clock } = cacheOf(accounts);
    const flood = Array.from({ length: 600 }, (_, index) => watch(keys.find(hashToken(`invented-${index}`), CLIENT)));
    const found = watch(keys.find(hash, "192.0.2.2"));
    await clock.advance(0);
    const active = gate.held;
    expect(active).toBeLessThanOrEqual(32);
    // The first look-up that ends makes room for the flood's next one, the second for the other client.
    gate.release(2);
    await clock.advance(0);
    gate.release(active);
    await clock.advance(0);
    expect(found.kind).toBe("known");
    expect(flood.filter(({ kind }) => kind === undefined).length).toBeGreaterThan(500);
    gate.open();
    await clock.advance(0);
    expect(new Set(flood.map(({ kind }) => kind))).toEqual(new Set(["unknown"]));
  });

  it("refuses a look-up that has not had its turn in time", async () => {
    const accounts = new TestAccounts();
    accounts.unavailable = true;
    const { keys, clock } = cacheOf(accounts);
    const flood = Array.from({ length: 100 }, (_, index) => watch(keys.find(hashToken(`invented-${index}`), CLIENT)));
    await clock.advance(2 * lookupTimeoutMs);
    expect(new Set(flood.map(({ kind }) => kind))).toEqual(new Set(["unavailable"]));
    accounts.unavailable = false;
    const found = watch(keys.find(hash, CLIENT));
    await clock.advance(0);
    expect(found.kind).toBe("known");
  });

  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0db8:0001:0002::1", "2001:db8:1:2"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["::1", "0:0:0:0"],
  ])("takes %s for a client of the network %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
