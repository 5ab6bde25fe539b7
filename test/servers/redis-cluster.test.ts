import { afterAll, beforeAll, expect, it } from "vitest";
import type { Pod } from "../support/render/pods/pod.js";
import { type RenderedStore, renderStorePods } from "../support/render/pods/rendered-store.js";
import { cache, samplePlan } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

const shards = 3;
const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
const path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

describeWith(["redis", "network namespaces"], "a sharded cache, as it is rendered", () => {
  let store: RenderedStore;
  const members: Pod[] = [];

  const client = async (pod: Pod | undefined, ...command: string[]) => {
    if (!pod) throw new Error("there is no such member");
    // A redirection to an unreachable address would hang.
    return pod.exec(["timeout", "5", "redis-cli", "-c", ...command], { REDISCLI_AUTH: store.secret["password"] ?? "" });
  };
  const info = async (pod: Pod | undefined) => (await client(pod, "cluster", "info")).replaceAll("\r", "").split("\n");

  async function startAll(): Promise<void> {
    for (let index = 0; index < store.members; index += 1) members[index] = await store.start(index);
  }

  beforeAll(async () => {
    const plan = samplePlan({ stores: [cache("cache", { shards, replicas: 1 })] });
    store = await renderStorePods(plan, "cache", { path });
    await startAll();
  });
  afterAll(() => store?.stop());

  it("is formed by its job, and every slot has an owner with a copy", async () => {
    expect(members).toHaveLength(2 * shards);
    const { code, log } = await store.job();
    expect(code, log).toBe(0);
    expect(log).toContain("All 16384 slots covered");
    const copies = async () =>
      (await client(members[0], "cluster", "nodes")).split("\n").filter((line) => /slave .* connected/.test(line));
    await expect.poll(copies, { timeout: 10_000 }).toHaveLength(shards);
  });

  it("returns keys of every shard from any member", async () => {
    for (const [index, key] of keys.entries())
      expect(await client(members[index % members.length], "set", key, `value of ${key}`)).toBe("OK\n");
    for (const [index, key] of keys.entries())
      expect(await client(members[(index + 1) % members.length], "get", key)).toBe(`value of ${key}\n`);
    const sizes = await Promise.all(members.map(async (pod) => Number(await client(pod, "dbsize"))));
    expect(sizes.every((size) => size < keys.length)).toBe(true);
  });

  it("is not changed by a second run of its job", async () => {
    const before = await client(members[0], "cluster", "nodes");
    const { code, log } = await store.job();
    expect(code, log).toBe(0);
    const ids = (text: string) =>
      text
        .split("\n")
        .map((line) => line.split(" ")[0])
        .sort();
    expect(ids(await client(members[0], "cluster", "nodes"))).toEqual(ids(before));
  });

  it("promotes a replica when a primary fails", async () => {
    const [dead, ...others] = members;
    const asked = others[0];
    // A copy that never received the data is no candidate; the first transfer begins some seconds after the forming.
    for (const pod of members)
      await expect
        .poll(() => client(pod, "info", "replication"), { timeout: 20_000 })
        .toMatch(/role:master|link_status:up/);
    await dead?.stop("SIGKILL");
    const nodes = async () => (await client(asked, "cluster", "nodes")).split("\n");
    await expect.poll(nodes, { timeout: 45_000 }).toContainEqual(expect.stringMatching(/master,fail - /));
    const owners = async () => (await nodes()).filter((line) => /master - .* connected \d/.test(line));
    await expect.poll(owners, { timeout: 45_000 }).toHaveLength(shards);
    await expect.poll(() => info(asked), { timeout: 10_000 }).toContain("cluster_state:ok");
    for (const key of keys) expect(await client(asked, "get", key)).toBe(`value of ${key}\n`);
    members[0] = await store.start(0);
    await expect.poll(() => client(members[0], "info", "replication"), { timeout: 20_000 }).toContain("link_status:up");
  }, 180_000);

  it("recovers with its keys after all members restarted at new addresses", async () => {
    const old = members.map(({ address }) => address);
    await Promise.all(members.map((pod) => pod.stop("SIGTERM")));
    await startAll();
    expect(members.filter(({ address }) => old.includes(address))).toEqual([]);
    const now = members.map(({ address }) => address).sort();
    const known = async (pod: Pod) => {
      const nodes = await client(pod, "cluster", "nodes").catch(String);
      const addresses = nodes.split("\n").flatMap((line) => line.match(/ ([\d.]+):\d+@/)?.[1] ?? []);
      return /fail|disconnected/.test(nodes) ? nodes : addresses.sort();
    };
    // A member that has just started believes its old addresses until it has tried them.
    for (const pod of members) await expect.poll(() => known(pod), { timeout: 60_000 }).toEqual(now);
    for (const pod of members) await expect.poll(() => info(pod), { timeout: 20_000 }).toContain("cluster_state:ok");
    for (const key of keys) expect(await client(members[2], "get", key)).toBe(`value of ${key}\n`);
  }, 180_000);
});
