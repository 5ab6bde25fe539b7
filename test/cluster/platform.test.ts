import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { z } from "zod";
import type { Plan } from "../../src/plan/plan.js";
import { platformImage, postgresImage } from "../images/images.js";
import { describeWith } from "../requirements.js";
import { plansOf } from "./harness/plans.js";
import { belongsTo, describePods, isReady, Pod } from "./harness/pods.js";
import { type RealCluster, startRealCluster } from "./harness/real-node.js";
import { imagesOf, renderedObjects } from "./harness/rendered.js";
import { startVolumes } from "./harness/volumes.js";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../..", import.meta.url));
const openai = pathToFileURL(createRequire(import.meta.url).resolve("openai")).href;

const Service = z.looseObject({
  spec: z.looseObject({ clusterIP: z.string(), ports: z.array(z.looseObject({ port: z.number() })) }),
});
const Secret = z.looseObject({ data: z.record(z.string(), z.string()) });
const Deployed = z.looseObject({ outcome: z.string(), steps: z.array(z.looseObject({ action: z.string() })) });
const NewKey = z.looseObject({ key: z.string() });
const Usage = z.looseObject({ totals: z.looseObject({ requests: z.number(), outputTokens: z.number() }) });
const Load = z.strictObject({ answered: z.number(), failures: z.array(z.string()) });
const Chat = z.strictObject({ whole: z.string(), streamed: z.string(), tokens: z.number() });

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
  const text = document.toString();
  const file = join(folder, "platform.yaml");
  await writeFile(file, text);
  const plan = plansOf(file, text).find(({ environment }) => environment === "node");
  if (plan === undefined) throw new Error("no environment node");
  return { file, plan };
}

describeWith(["kubernetes node", "postgresql"], "the starter on a real node", ({ postgresql }) => {
  let cluster: RealCluster;
  let folder: string;
  let file: string;
  let plan: Plan;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "keelson-platform-"));
    ({ file, plan } = await smallStarter(folder));
    cluster = await startRealCluster();
    await startVolumes(cluster.plane);
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

  /** Runs an ES module on the node, where Services have their addresses; what it prints is JSON. */
  async function onNode<T>(schema: z.ZodType<T>, script: string): Promise<T> {
    return schema.parse(
      JSON.parse(await cluster.machine.run([process.execPath, "--input-type=module", "--eval", script], 120_000)),
    );
  }

  function pods(): Promise<readonly Pod[]> {
    return cluster.plane.api.list(`/api/v1/namespaces/${plan.namespace}/pods`, Pod);
  }

  async function serviceUrl(name: string): Promise<string> {
    const { spec } = await cluster.plane.api.get(`/api/v1/namespaces/${plan.namespace}/services/${name}`, Service);
    return `http://${spec.clusterIP}:${spec.ports[0]?.port}`;
  }

  /** What the platform's own modules, and its administrators, authenticate with. */
  async function adminHeaders(): Promise<Record<string, string>> {
    const { data } = await cluster.plane.api.get(`/api/v1/namespaces/${plan.namespace}/secrets/internal`, Secret);
    const token = Buffer.from(data["token"] ?? "", "base64").toString();
    return { authorization: `Bearer ${token}`, "content-type": "application/json" };
  }

  async function newKey(name: string): Promise<string> {
    const url = JSON.stringify(`${await serviceUrl("accounts")}/admin/keys`);
    const body = JSON.stringify({ name, scopes: ["inference"] });
    const request = JSON.stringify({ method: "POST", headers: await adminHeaders(), body });
    return (await onNode(NewKey, `const answer = await fetch(${url}, ${request}); console.log(await answer.text());`))
      .key;
  }

  async function countedRequests(): Promise<number> {
    const url = JSON.stringify(`${await serviceUrl("usage")}/admin/usage`);
    const request = JSON.stringify({ headers: await adminHeaders() });
    const ask = `const answer = await fetch(${url}, ${request}); console.log(await answer.text());`;
    return (await onNode(Usage, ask)).totals.requests;
  }

  it("is brought up by `keelson deploy`, which says when everything has rolled out", { timeout: 240_000 }, async () => {
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
      throw new Error(describePods(await pods()), { cause: error });
    });
    expect(Deployed.parse(JSON.parse(stdout)).outcome).toBe("done");
    const running = await pods();
    for (const { name } of [...plan.units, ...plan.stores])
      expect(running.filter(belongsTo(name)).some(isReady), name).toBe(true);
  });

  it("runs as user 1001 on a file system that it cannot write", async () => {
    const kubectl = join(cluster.plane.programs, "kubectl");
    const where = ["--kubeconfig", cluster.plane.kubeconfig, "--namespace", plan.namespace];
    const script = "id -u; touch /app/written 2>&1 || true";
    const { stdout } = await run(kubectl, [...where, "exec", "deploy/gateway", "--", "sh", "-c", script]);
    expect(stdout).toMatch(/^1001\n.*Read-only file system/);
  });

  it("answers a chat through the Service, whole and streamed, and counts it", async () => {
    const client = { baseURL: `${await serviceUrl("gateway")}/v1`, apiKey: await newKey("chat"), maxRetries: 0 };
    const question = { model: "assistant", max_tokens: 16, messages: [{ role: "user", content: "Say something." }] };
    const chat = await onNode(
      Chat,
      `const { OpenAI } = await import(${JSON.stringify(openai)});
       const client = new OpenAI(${JSON.stringify(client)});
       const question = ${JSON.stringify(question)};
       const whole = await client.chat.completions.create(question);
       let streamed = "";
       for await (const chunk of await client.chat.completions.create({ ...question, stream: true }))
         streamed += chunk.choices[0]?.delta?.content ?? "";
       console.log(JSON.stringify({ whole: whole.choices[0].message.content, streamed, tokens: whole.usage.completion_tokens }));`,
    );
    expect(chat.whole.length).toBeGreaterThan(0);
    expect(chat.streamed.length).toBeGreaterThan(0);
    await expect.poll(countedRequests, { timeout: 30_000, interval: 500 }).toBe(2);
  });

  it("replaces the gateway under load without failing a request or losing its count", { timeout: 120_000 }, async ({
    annotate,
  }) => {
    const key = await newKey("load");
    const counted = await countedRequests();
    const url = `${await serviceUrl("gateway")}/v1/chat/completions`;
    const body = JSON.stringify({ model: "assistant", max_tokens: 4, messages: [{ role: "user", content: "Go on." }] });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const stop = join(folder, "stop");
    const load = onNode(
      Load,
      `import { existsSync } from "node:fs";
       let answered = 0;
       const failures = [];
       const deadline = Date.now() + 90_000;
       async function caller() {
         while (!existsSync(${JSON.stringify(stop)}) && Date.now() < deadline) {
           try {
             const answer = await fetch(${JSON.stringify(url)}, ${JSON.stringify({ method: "POST", headers, body })});
             const text = await answer.text();
             if (answer.ok && JSON.parse(text).choices.length === 1) answered += 1;
             else failures.push(answer.status + " " + text);
           } catch (error) { failures.push(String(error.cause ?? error)); }
         }
       }
       await Promise.all(Array.from({ length: 8 }, caller));
       console.log(JSON.stringify({ answered, failures: failures.slice(0, 5) }));`,
    );
    const kubectl = join(cluster.plane.programs, "kubectl");
    const where = ["--kubeconfig", cluster.plane.kubeconfig, "--namespace", plan.namespace];
    const before = (await pods()).filter(belongsTo("gateway")).map(({ metadata }) => metadata.name);
    await run(kubectl, [...where, "rollout", "restart", "deployment/gateway"]);
    await run(kubectl, [...where, "rollout", "status", "deployment/gateway", "--timeout=80s"]);
    await expect
      .poll(async () => (await pods()).filter(({ metadata }) => before.includes(metadata.name)), {
        timeout: 60_000,
        interval: 500,
      })
      .toEqual([]);
    await writeFile(stop, "");
    const { answered, failures } = await load;
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    await expect.poll(countedRequests, { timeout: 30_000, interval: 500 }).toBe(counted + answered);
    await annotate(`gateway replaced under load: ${answered} requests answered and counted, none failed`);
  });
});
