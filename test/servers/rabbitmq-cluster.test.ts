import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Pod } from "../support/render/pods/pod.js";
import { type RenderedStore, renderStorePods } from "../support/render/pods/rendered-store.js";
import { broker, samplePlan } from "../support/render/sample-plan.js";
import { describeWith } from "../support/requirements.js";

const Status = z.object({
  cluster_name: z.string(),
  disk_nodes: z.array(z.string()),
  running_nodes: z.array(z.string()),
});

/** Debian keeps the server's own programs apart; before them are wrappers that only root may call. */
const path = "/usr/lib/rabbitmq/bin:/usr/bin:/bin:/usr/sbin:/sbin";

const queue = '{resource, <<"/">>, queue, <<"jobs">>}';
const declare = `rabbit_amqqueue:declare(${queue}, true, false, [{<<"x-queue-type">>, longstr, <<"quorum">>}], none, <<"keelson">>)`;
/** A persistent message to the queue of its routing key, by the default exchange. */
const publish = (text: string) =>
  `rabbit_basic:publish({resource, <<"/">>, exchange, <<"">>}, <<"jobs">>, [{delivery_mode, 2}], <<"${text}">>)`;

describeWith(["rabbitmq", "network namespaces"], "a broker of three members, as it is rendered", () => {
  let store: RenderedStore;
  const members: Pod[] = [];

  const ask = async (index: number, ...command: string[]) => {
    const pod = members[index];
    if (!pod) throw new Error("there is no such member");
    return (await pod.exec(["rabbitmqctl", "--quiet", ...command])).trim();
  };
  const status = async (index: number) =>
    Status.parse(JSON.parse(await ask(index, "cluster_status", "--formatter", "json")));
  const running = (index: number) =>
    status(index).then(
      ({ running_nodes: nodes }) => nodes.length,
      () => 0,
    );

  const messages = async (index: number) =>
    Number((await ask(index, "list_queues", "--no-table-headers", "messages").catch(() => "")).trim() || Number.NaN);
  const leader = async () => ask(0, "list_queues", "--no-table-headers", "leader");

  beforeAll(async () => {
    const plan = samplePlan({ stores: [broker("broker", { replicas: 3, version: "3.10" })] });
    // One scheduler each: three virtual machines share this one.
    const environment = { RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 +sbwt none" };
    store = await renderStorePods(plan, "broker", { path, environment });
    for (let index = 0; index < store.members; index += 1) members.push(await store.start(index));
  });
  afterAll(() => store?.stop());

  it("forms one cluster by the DNS names of its members", async () => {
    await expect
      .poll(() => running(0), { timeout: 90_000, interval: 1000 })
      .toBe(3)
      .catch(async (error: unknown) => {
        throw new Error(`${String(error)}\n${(await Promise.all(members.map((pod) => pod.log()))).join("\n---\n")}`);
      });
    const { cluster_name: name, disk_nodes: nodes } = await status(2);
    expect(name).toBe("broker");
    expect(nodes.sort()).toEqual(
      [0, 1, 2].map((index) => `rabbit@broker-${index}.broker-peers.sample-test.svc.cluster.local`),
    );
  }, 120_000);

  it("authenticates its owner with the password of its secret, and rejects guest", async () => {
    await ask(0, "authenticate_user", "keelson", store.secret["password"] ?? "");
    await expect(ask(0, "authenticate_user", "keelson", "another")).rejects.toThrow(/failed to authenticate/);
    expect(await ask(1, "list_users")).not.toContain("guest");
    for (const pod of members) await pod.exec(["rabbitmq-diagnostics", "--quiet", "check_port_listener", "5672"]);
  });

  it("retains the messages of a quorum queue when a member is lost, which rejoins at another address", async () => {
    await ask(0, "eval", `${declare}.`);
    await ask(0, "eval", `${publish("kept")}.`);
    const lost = (await leader()).match(/broker-(\d)/)?.[1];
    const index = Number(lost);
    const other = (index + 1) % members.length;
    const before = members[index]?.address;
    await members[index]?.stop("SIGKILL");
    await expect.poll(() => running(other), { timeout: 45_000 }).toBe(2);
    await expect.poll(() => messages(other), { timeout: 45_000 }).toBe(1);
    members[index] = await store.start(index);
    expect(members[index]?.address).not.toBe(before);
    await expect.poll(() => running(other), { timeout: 60_000, interval: 1000 }).toBe(3);
  }, 180_000);

  it("recovers with its messages after all members restarted at new addresses", async () => {
    await Promise.all(members.map((pod) => pod.stop("SIGTERM")));
    for (let index = 0; index < store.members; index += 1) members[index] = await store.start(index);
    await expect.poll(() => running(0), { timeout: 90_000, interval: 1000 }).toBe(3);
    await expect.poll(() => messages(0), { timeout: 30_000 }).toBe(1);
  }, 180_000);
});
