import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { z } from "zod";
import type { Plan } from "../../src/plan/plan.js";
import { defineOperatorKinds } from "../support/cluster/operators.js";
import { plansOf } from "../support/cluster/plans.js";
import { PlatformOnNode } from "../support/cluster/platform.js";
import { belongsTo, describePods, isReady } from "../support/cluster/pods.js";
import { type RealCluster, startRealCluster } from "../support/cluster/real-node.js";
import { imagesOf, renderedObjects } from "../support/cluster/rendered.js";
import { startVolumes } from "../support/cluster/volumes.js";
import { platformImage, postgresImage } from "../support/images/images.js";
import { describeWith } from "../support/requirements.js";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));
/** How long the cluster may take to get where it is going. */
const eventually = { timeout: 60_000, interval: 500 };

const Deployed = z.looseObject({ outcome: z.string() });

/** The starter as it is, asking for no more than a small test machine has, in an environment of its own. */
async function smallStarter(folder: string): Promise<{ file: string; plan: Plan }> {
  const document = parseDocument(await readFile(join(repository, "blueprints/starter/platform.yaml"), "utf8"));
  const small = { cpu: "50m..1", memory: "64Mi..512Mi" };
  document.setIn(["environments", "node"], {
    provide: "in-cluster",
    services: { gateway: small, accounts: small, usage: small, dashboard: small },
    models: { assistant: { ...small, engine: "simulated" }, embedder: { ...small, engine: "simulated" } },
    stores: { database: { ...small, size: "1Gi" } },
  });
  // A declared release has no digest: the image of this test is made here, under the same tag.
  document.setIn(["stores", "database", "postgres"], "17.11");
  const text = document.toString();
  const file = join(folder, "platform.yaml");
  await writeFile(file, text);
  const plan = plansOf(file, text).find(({ environment }) => environment === "node");
  if (plan === undefined) throw new Error("no environment node");
  return { file, plan };
}

describeWith(["kubernetes node", "postgresql", "schemas"], "the starter on a real node", ({ postgresql }) => {
  let cluster: RealCluster;
  let folder: string;
  let file: string;
  let plan: Plan;
  let platform: PlatformOnNode;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "keelson-platform-"));
    ({ file, plan } = await smallStarter(folder));
    cluster = await startRealCluster();
    platform = new PlatformOnNode(cluster, plan.namespace);
    await startVolumes(cluster.plane);
    await defineOperatorKinds(cluster.plane.api, renderedObjects(plan));
    for (const reference of imagesOf(renderedObjects(plan))) {
      const name = reference.replaceAll(/[^\w]+/g, "-");
      const own = reference.includes("/keelson");
      const image = own
        ? platformImage(join(folder, name), reference)
        : postgresImage(join(folder, name), reference, postgresql);
      await cluster.importImage(await image);
    }
    return () => cluster.stop();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function kubectl(...args: readonly string[]): Promise<string> {
    const where = ["--kubeconfig", cluster.plane.kubeconfig, "--namespace", plan.namespace];
    return (await run(join(cluster.plane.programs, "kubectl"), [...where, ...args])).stdout;
  }

  it("is deployed by `keelson deploy`, which reports when all rollouts are done", { timeout: 240_000 }, async () => {
    const deploy = [
      "deploy",
      file,
      "-e",
      plan.environment,
      "--kubeconfig",
      cluster.plane.kubeconfig,
      "--timeout",
      "3m",
      "--json",
    ];
    const { stdout } = await run(process.execPath, [join(repository, "bin/keelson.js"), ...deploy], {
      timeout: 200_000,
    }).catch(async (error: unknown) => {
      throw new Error(describePods(await platform.pods()), { cause: error });
    });
    expect(Deployed.parse(JSON.parse(stdout)).outcome).toBe("done");
    const running = await platform.pods();
    for (const { name } of [...plan.units, ...plan.stores])
      expect(running.filter(belongsTo(name)).some(isReady), name).toBe(true);
  });

  it("runs as user 1001 on a read-only file system", async () => {
    const stdout = await kubectl("exec", "deploy/gateway", "--", "sh", "-c", "id -u; touch /app/written 2>&1 || true");
    expect(stdout).toMatch(/^1001\n.*Read-only file system/);
  });

  it("serves a chat through the Service, streamed and not, and meters it", async () => {
    const messages = [{ role: "user", content: "Say something." }];
    const chat = await platform.chat(await platform.newKey("chat"), { model: "assistant", max_tokens: 16, messages });
    expect(chat.whole.length).toBeGreaterThan(0);
    expect(chat.streamed.length).toBeGreaterThan(0);
    expect(chat.tokens).toBeGreaterThan(0);
    await expect.poll(() => platform.countedRequests(), eventually).toBe(2);
  });

  const replaceable = ["gateway", "assistant", "accounts", "usage"];
  it.each(replaceable)(
    "replaces %s under load without failing a request or losing its count",
    async (unit) => {
      const counted = await platform.countedRequests();
      const load = await platform.startLoad(await platform.newKey(`replace-${unit}`));
      const before = (await platform.pods()).filter(belongsTo(unit)).map(({ metadata }) => metadata.name);
      await kubectl("rollout", "restart", `deployment/${unit}`);
      await kubectl("rollout", "status", `deployment/${unit}`, "--timeout=80s");
      const left = async () => (await platform.pods()).filter(({ metadata }) => before.includes(metadata.name));
      await expect.poll(left, eventually).toEqual([]);
      const { answered, failures } = await load.finish();
      expect(failures).toEqual([]);
      expect(answered).toBeGreaterThan(100);
      await expect.poll(() => platform.countedRequests(), eventually).toBe(counted + answered);
    },
    120_000,
  );

  it("restarts a killed gateway within seconds, with every completed request metered", async ({ annotate }) => {
    const counted = await platform.countedRequests();
    const load = await platform.startLoad(await platform.newKey("crash"));
    await sleep(2000);
    const killed = await cluster.machine.kill("--unit=gateway");
    expect(killed).toBe(1);
    await expect
      .poll(async () => (await platform.pods()).filter(belongsTo("gateway")).some(isReady), eventually)
      .toBe(false);
    await expect
      .poll(async () => (await platform.pods()).filter(belongsTo("gateway")).some(isReady), eventually)
      .toBe(true);
    await sleep(1000);
    const { answered, failed, gap } = await load.finish();
    expect(failed).toBeGreaterThan(0);
    const ledger = async () => (await platform.countedRequests()) - counted;
    // An answer may have been written down and cut on its way out: at most the one of each caller.
    await expect.poll(ledger, eventually).toBeGreaterThanOrEqual(answered);
    expect((await ledger()) - answered).toBeLessThanOrEqual(8);
    await annotate(`gateway killed: ${(gap / 1000).toFixed(1)} s without an answer, ${answered} answered, none lost`);
  }, 120_000);
});
