import { describe, expect, test } from "vitest";
import { StoredCredentials } from "../../src/runtime/accounts/stored-credentials.js";

/** Queries that end when the test releases them. */
function queries() {
  const batches: (readonly string[])[] = [];
  const releases: (() => void)[] = [];
  const stored = new StoredCredentials(async (hashes) => {
    batches.push(hashes);
    await new Promise<void>((resolve) => releases.push(resolve));
    return new Set(hashes.filter((hash) => hash.startsWith("right")));
  });
  const turn = () => new Promise(setImmediate);
  return {
    batches,
    stored,
    turn,
    release: async () => {
      await turn();
      releases.shift()?.();
      await turn();
    },
  };
}

describe("the credentials that the database stores", () => {
  test("are looked up by one query for all that arrive during the query before", async () => {
    const { batches, stored, release, turn } = queries();
    const first = stored.has("wrong");
    await turn();
    const madeUp = Array.from({ length: 500 }, (_, n) => stored.has(`made-up ${n}`));
    const right = stored.has("right");
    await release();
    await release();
    expect(await first).toBe(false);
    expect(await right).toBe(true);
    expect(new Set(await Promise.all(madeUp))).toEqual(new Set([false]));
    expect(batches.map(({ length }) => length)).toEqual([1, 501]);
  });

  test("are looked up once for each credential, however often a client sends it", async () => {
    const { batches, stored, release } = queries();
    const same = Array.from({ length: 50 }, () => stored.has("right"));
    await release();
    expect(await Promise.all(same)).toEqual(Array(50).fill(true));
    expect(batches).toEqual([["right"]]);
  });

  test("are looked up by several queries if there are more than 1,000", async () => {
    const { batches, stored, release } = queries();
    const all = Array.from({ length: 1_500 }, (_, n) => stored.has(`${n}`));
    await release();
    await release();
    await Promise.all(all);
    expect(batches.map(({ length }) => length)).toEqual([1_000, 500]);
  });

  test("are unknown while the query fails, and are looked up again afterwards", async () => {
    let fails = true;
    const stored = new StoredCredentials(async (hashes) => {
      if (fails) throw new Error("unreachable");
      return new Set(hashes);
    });
    await expect(stored.has("a")).rejects.toThrow("unreachable");
    fails = false;
    expect(await stored.has("a")).toBe(true);
  });
});
