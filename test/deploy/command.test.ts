import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { type ControlPlane, startControlPlane } from "../support/cluster/control-plane.js";
import { startSimulatedNodes } from "../support/cluster/simulated-nodes.js";
import { startVolumes } from "../support/cluster/volumes.js";
import { keelson, program, type Result, type RunOptions } from "../support/local/keelson.js";
import { describeWith } from "../support/requirements.js";

const FILE = `
platform: shop
image: registry.example.com/keelson:0.1.0
services:
  gateway: { modules: [gateway], calls: [accounts, usage] }
  accounts: { modules: [accounts], calls: [database] }
  usage: { modules: [usage], calls: [accounts, database] }
stores:
  database: { postgres: 17, size: 1Gi }
environments:
  test: { provide: in-cluster }
  stuck: { provide: in-cluster, services: { gateway: { cpu: 900 } } }
  managed: { provide: managed, cloud: aws, secrets: { upstream: { keys: [key], from: file } } }
`;

const Secret = z.looseObject({
  kind: z.literal("Secret"),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  data: z.record(z.string(), z.string()),
});
const Lease = z.looseObject({ spec: z.looseObject({ holderIdentity: z.string().optional() }) });
const Diff = z.looseObject({
  steps: z.array(
    z.looseObject({
      object: z.string(),
      action: z.string(),
      changes: z.array(z.looseObject({ path: z.string() })),
      diff: z.string(),
    }),
  ),
});

describeWith(["cluster", "kwok"], "the commands for a cluster", () => {
  let plane: ControlPlane;
  let cwd: string;

  beforeAll(async () => {
    plane = await startControlPlane();
    await startSimulatedNodes(
      plane,
      ["a", "b", "c"].map((zone) => ({ zone, capacity: { cpu: "16", memory: "64Gi", pods: "110" } })),
    );
    await startVolumes(plane);
    cwd = mkdtempSync(join(tmpdir(), "keelson-deploy-"));
    writeFileSync(join(cwd, "platform.yaml"), FILE);
    return async () => {
      rmSync(cwd, { recursive: true, force: true });
      await plane.stop();
    };
  });

  const environment = () => ({ ...process.env, NO_COLOR: "1", KUBECONFIG: plane.kubeconfig });
  const run = (args: readonly string[], options: RunOptions = {}): Promise<Result> =>
    keelson(cwd, args, { ...options, env: { KUBECONFIG: plane.kubeconfig } });
  const kubectl = (args: readonly string[], input?: string) =>
    execFileSync(join(plane.programs, "kubectl"), ["--kubeconfig", plane.kubeconfig, ...args], {
      encoding: "utf8",
      stdio: ["pipe", "pipe", "pipe"],
      ...(input !== undefined && { input }),
    });
  const secretsIn = (namespace: string) => plane.api.list(`/api/v1/namespaces/${namespace}/secrets`, Secret.partial());
  const valuesOf = async (namespace: string, name: string) =>
    (await plane.api.get(`/api/v1/namespaces/${namespace}/secrets/${name}`, Secret)).data;
  const leasePath = (namespace: string) => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/keelson-deploy`;
  const holder = async (namespace: string) => (await plane.api.get(leasePath(namespace), Lease)).spec.holderIdentity;

  /** Starts a deploy whose rollout never ends. */
  function startStuck() {
    const child = spawn(process.execPath, [program, "deploy", "-e", "stuck"], { cwd, env: environment() });
    const limit = setTimeout(() => child.kill("SIGKILL"), 50_000);
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve)).finally(() =>
      clearTimeout(limit),
    );
    return {
      prints: (pattern: RegExp) => expect.poll(() => err, { timeout: 50_000, interval: 20 }).toMatch(pattern),
      end: async (signal: NodeJS.Signals) => {
        const sentAt = performance.now();
        child.kill(signal);
        return { code: await ended, err, tookMs: performance.now() - sentAt };
      },
    };
  }

  /** What a deploy prints when it waits for a rollout. */
  const WAITING = /Insufficient cpu/;

  it("secrets: prints each generated Secret with all of its keys, for kubectl create or for encryption", async () => {
    const { code, out, err } = await run(["secrets", "-e", "test"]);
    expect(code).toBe(0);
    const secrets = parseAllDocuments(out).map((document) => Secret.parse(document.toJS()));
    expect(secrets.map(({ metadata, data }) => [metadata.namespace, metadata.name, Object.keys(data).sort()])).toEqual([
      ["shop-test", "internal", ["audit-key", "engine-token", "operator-token", "token"]],
      ["shop-test", "database", ["password", "replication", "superuser", "url", "username"]],
    ]);
    const text = (name: string, key: string) =>
      Buffer.from(secrets.find(({ metadata }) => metadata.name === name)?.data[key] ?? "", "base64").toString();
    expect(text("internal", "token")).toMatch(/^[\w-]{43}$/);
    expect(text("database", "url")).toBe(`postgres://keelson:${text("database", "password")}@database:5432/keelson`);
    expect(err).toMatch(/^2 Secrets of shop \(test\) with new random values, not encrypted: never commit them\./);
    expect((await run(["secrets", "-e", "test"])).out).not.toBe(out);
  });

  it("secrets: names what only the operator can provide, and prints no value of it", async () => {
    const { out, err } = await run(["secrets", "-e", "managed"]);
    expect(parseAllDocuments(out).map((document) => Secret.parse(document.toJS()).metadata.name)).toEqual(["internal"]);
    expect(err).toContain("not included, because you must provide it: Secret database (url) from Amazon RDS");
    expect(err).toContain("not included, because you must provide it: Secret upstream (key) from file");
  });

  it("secrets: writes a new file that only its owner reads, and never replaces one", async () => {
    const file = join(cwd, "secrets.yaml");
    expect((await run(["secrets", "-e", "test", "-o", file])).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file, "utf8");
    const again = await run(["secrets", "-e", "test", "-o", file]);
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(again.err).toContain("error secrets/unwritable");
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("secrets: what kubectl has created from them is kept by deploy, and by kubectl create itself", async () => {
    kubectl(["create", "namespace", "shop-test"]);
    kubectl(["create", "-f", "-"], (await run(["secrets", "-e", "test"])).out);
    const created = await secretsIn("shop-test");
    const second = (await run(["secrets", "-e", "test"])).out;
    expect(() => kubectl(["create", "-f", "-"], second)).toThrowError(/already exists/);
    const { code, err } = await run(["deploy", "-e", "test"]);
    expect({ code, err }).toMatchObject({ code: 0, err: expect.not.stringMatching(/secret (internal|database):/) });
    expect(await secretsIn("shop-test")).toEqual(created);
  });

  it("deploy keeps a rotated value, and generates only a removed key", async () => {
    const before = await valuesOf("shop-test", "internal");
    const rotated = Buffer.from("new-token\nold-token\n").toString("base64");
    await plane.api.merge("/api/v1/namespaces/shop-test/secrets/internal", {
      data: { token: rotated, "engine-token": null },
    });
    const { code, err } = await run(["deploy", "-e", "test"]);
    expect(code).toBe(0);
    expect(err).toContain("  secret internal: complete engine-token\n");
    const after = await valuesOf("shop-test", "internal");
    expect(after).toEqual({ ...before, token: rotated, "engine-token": expect.stringMatching(/^\S{40,}$/) });
    expect(after["engine-token"]).not.toBe(before["engine-token"]);
  });

  it("deploy lists every missing Secret of managed services, and changes nothing", async () => {
    const { code, err } = await run(["deploy", "-e", "managed"]);
    expect(code).toBe(1);
    expect(err).toContain("error deploy/missing-secret");
    expect(err).toContain("database (Amazon RDS) lacks url");
    expect(err).toContain("upstream (file) lacks key");
    expect((await plane.api.call("GET", "/api/v1/namespaces/shop-managed")).status).toBe(404);
  });

  it("deploy names in one line what the design cannot keep, and goes on", async () => {
    writeFileSync(join(cwd, "promising.yaml"), `${FILE}objectives: { rto: 1s }\n`);
    const { code, err } = await run(["deploy", "promising.yaml", "-e", "test", "--dry-run"]);
    expect(code, err).toBe(0);
    expect(err).toMatch(
      /^warning: this design cannot keep \d+ promises \(RTO of gateway in process-crash, .* and \d+ more\).*: keelson check promising\.yaml -e test$/m,
    );
    expect((await run(["deploy", "-e", "test", "--dry-run"])).err).not.toContain("cannot keep");
  });

  it("deploy --diff prints a unified diff of what would change, and changes nothing", async () => {
    expect(await run(["deploy", "-e", "test", "--diff"])).toMatchObject({ code: 0, out: "" });
    kubectl(["-n", "shop-test", "set", "env", "deployment/accounts", "FOO=bar"]);
    kubectl(["-n", "shop-test", "delete", "networkpolicy", "usage"]);
    const changed = FILE.replace("modules: [gateway]", "modules: [gateway], replicas: 3");
    writeFileSync(join(cwd, "changed.yaml"), changed);
    const { code, out } = await run(["deploy", "changed.yaml", "-e", "test", "--diff"]);
    expect(code).toBe(1);
    const blocks = out.split(/^(?=--- )/m);
    const block = (name: string) => blocks.find((each) => each.includes(name)) ?? "";
    expect(block("Deployment/gateway")).toMatch(/^-\s+replicas: 1\n\+\s+replicas: 3$/m);
    // Nothing else differs but the new revision of the plan: no fields that were only moved.
    expect(block("Deployment/accounts").match(/^[-+] .*/gm)).toEqual([
      expect.stringMatching(/^- +env:$/),
      expect.stringMatching(/^- +- name: FOO$/),
      expect.stringMatching(/^- +value: bar$/),
      expect.stringMatching(/^- +name: plan-\w+$/),
      expect.stringMatching(/^\+ +name: plan-\w+$/),
    ]);
    expect(block("NetworkPolicy/usage")).toMatch(/^\+kind: NetworkPolicy$/m);
    expect(block("NetworkPolicy/usage")).not.toMatch(/^-(?!--)/m);
    expect(out).not.toMatch(/managedFields|resourceVersion|uid:|status:/);
    const json = await run(["deploy", "changed.yaml", "-e", "test", "--diff", "--json"]);
    expect(json.code).toBe(1);
    const { steps } = Diff.parse(JSON.parse(json.out));
    expect(steps).toContainEqual(
      expect.objectContaining({
        object: "Deployment accounts",
        action: "apply",
        changes: expect.arrayContaining([
          expect.objectContaining({ owner: "kubectl-set", path: expect.stringContaining("env") }),
        ]),
      }),
    );
    expect(
      (await plane.api.call("GET", "/apis/networking.k8s.io/v1/namespaces/shop-test/networkpolicies/usage")).status,
    ).toBe(404);
    expect((await run(["deploy", "-e", "test"])).code).toBe(0);
    expect(await run(["deploy", "-e", "test", "--diff"])).toMatchObject({ code: 0, out: "" });
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "deploy releases its Lease on %s, so that the next one starts at once",
    async (signal) => {
      const deploy = startStuck();
      await deploy.prints(WAITING);
      const ended = await deploy.end(signal);
      expect(ended).toMatchObject({
        code: 1,
        err: expect.stringContaining(`error deploy/cancelled cancelled by ${signal}`),
      });
      expect(ended.tookMs).toBeLessThan(5000);
      expect(await holder("shop-stuck")).toBeFalsy();
      const next = await run(["deploy", "-e", "stuck", "--timeout", "1s"]);
      expect(next.err).not.toContain("waiting for it to end");
      expect(next.err).toContain("not rolled out within the time limit");
    },
  );

  it("deploy takes over the Lease of one that was killed, once it has expired", async () => {
    const deploy = startStuck();
    await deploy.prints(WAITING);
    await deploy.end("SIGKILL");
    expect(await holder("shop-stuck")).toMatch(/ \(pid \d+, \w+\)$/);
    const refused = await run(["deploy", "-e", "stuck", "--timeout", "1s"]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("error deploy/locked") });
    // Instead of the rest of the 15 seconds.
    await plane.api.merge(leasePath("shop-stuck"), { spec: { leaseDurationSeconds: 1 } });
    const next = await run(["deploy", "-e", "stuck", "--timeout", "3s"]);
    expect(next.err).toMatch(/deploys to shop-stuck since \d+ s; waiting for it to end/);
    expect(next.err).toContain("not rolled out within the time limit");
  });

  it("a second deploy waits for the first, reports it, and starts when it ends", async () => {
    const first = startStuck();
    await first.prints(WAITING);
    const second = startStuck();
    await second.prints(/deploys to shop-stuck since \d+ s; waiting for it to end/);
    expect((await first.end("SIGTERM")).err).toContain("error deploy/cancelled");
    await second.prints(WAITING);
    expect((await second.end("SIGINT")).code).toBe(1);
    expect(await holder("shop-stuck")).toBeFalsy();
  });
});
