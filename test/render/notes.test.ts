import { describe, expect, it } from "vitest";
import { originOf } from "../../src/plan/index.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { type TargetName, targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";

const backups = (stores: string, target: TargetName = "kubernetes"): readonly string[] => {
  const plan = planOf(`platform: shop\ncloud: aws\nprovide: in-cluster\nstores:\n${stores}`);
  return targets[target].render(plan).notes.flatMap(({ path, message }) => {
    expect(originOf(plan, path).line).toBeGreaterThan(0);
    return message.includes("backups of") ? [message] : [];
  });
};

describe("a note on where backups go", () => {
  const away = "  away: { bucket: true, provide: managed }\n";

  it.each([
    ["a cache in the cluster", "{ redis: 7, backups: { snapshot: 12h keep 7d, to: away } }"],
    ["a lone database in the cluster", "{ postgres: 17, standby: none, backups: { full: daily keep 7d, to: away } }"],
  ])("says of %s what no plan, promise or check counts on: the bucket stays empty", (_of, store) => {
    expect(backups(`  held: ${store}\n${away}`)).toContain(
      "backups of held go to a volume of the cluster; copying them to away is left to you",
    );
  });

  it("says of a managed store who takes them and what to ask for", () => {
    expect(
      backups(
        `  held: { postgres: 17, provide: managed, backups: { full: daily keep 7d, log: 5m, to: away } }\n${away}`,
      ),
    ).toEqual([
      "backups of held are taken by Amazon RDS: ask it for full daily keep 7d, log 5m keep 7d; copying them to away is left to you",
    ]);
  });

  it("says nothing where an operator sends them to the bucket, and which buckets it leaves out", () => {
    const operated = (to: string): string =>
      `  held: { postgres: 17, standby: same-zone, backups: { full: daily keep 7d, to: ${to} } }\n${away}  far: { bucket: true }\n`;
    expect(backups(operated("away"))).toEqual([]);
    expect(backups(operated("[away, far]"))).toEqual([
      "backups of held go to one bucket; copying them to far is left to you",
    ]);
  });

  it.each([
    ["aws", "{ bucket: true, provide: managed }", ["held: copies go to s3://away/held; another name is said"]],
    [
      "linode",
      "{ bucket: true, provide: managed }",
      ["held: copies go to s3://away/held; another name, and the address of Linode Object Storage, are said"],
    ],
    ["linode", "{ bucket: true }", []],
  ])("says under which name an operator looks for the bucket, and where: %s, %s", (cloud, bucket, said) => {
    const plan = planOf(`platform: shop
cloud: ${cloud}
provide: in-cluster
stores:
  held: { postgres: 17, standby: same-zone, backups: { full: daily keep 7d, to: away } }
  away: ${bucket}
`);
    const found = targets.kubernetes.render(plan).notes.filter(({ message }) => message.includes("copies go to"));
    expect(found.map(({ message }) => message)).toEqual(said.map((each) => expect.stringContaining(each)));
  });

  it("says of Compose that none are written", () => {
    expect(backups("  held: { redis: 7, backups: { snapshot: 12h keep 7d } }\n", "compose")).toEqual([
      "backups of held are not written by this target",
    ]);
  });
});

describe("what no target writes", () => {
  const base = "platform: shop\ncloud: aws\nprovide: in-cluster\nservices: { web: { modules: [gateway] } }\n";
  const notes = (text: string, target: TargetName) => targets[target].render(planOf(text)).notes;

  it.each([
    [
      "regions",
      "regions: { primary: eu-west-1, standby: [eu-north-1] }",
      /only the primary region is written: eu-north-1 \(warm\)/,
    ],
    ["nodes", "nodes: { general: { type: m5.xlarge, count: 3..6 } }", /^node pool general is not made/],
    ["cluster", 'cluster: { name: shared, kubernetes: "1.34" }', /\(shared, Kubernetes 1\.34\)/],
    [
      "cluster.backups",
      "cluster: { backups: { objects: at 01:00 keep 30d, configuration: on change keep 90d } }",
      /objects at 01:00 keep 30d, configuration on change keep 90d/,
    ],
    [
      "observe",
      "observe: { logs: loki, traces: tempo, retention: 30d }",
      /logs by loki and traces by tempo, kept for 30d/,
    ],
    ["observe.routes", "observe: { routes: { critical: pagerduty } }", /critical → pagerduty/],
    ["delivery", "delivery: { gitops: argocd, sync: manual }", /argocd, manual sync/],
    ["security.mesh", "security: { mesh: { istio: strict } }", /istio \(mutual TLS strict\)/],
    ["security.identity", "security: { identity: irsa }", /irsa/],
    ["security.scan", "security: { scan: trivy }", /trivy/],
    ["drills", "drills: { every: 90d, faults: [database-loss] }", /every 90d \(database-loss\)/],
    ["access", "access: [users, admins]", /users, admins/],
    [
      "secrets.keys",
      "secrets: { keys: { keys: [session], from: sealed, rotate: 90d } }",
      /provide its keys \(session\).*every 90d/,
    ],
  ] as const)("is said once by every target: %s", (path, declared, message) => {
    for (const target of ["compose", "kubernetes"] as const) {
      const before = notes(base, target).map((note) => note.message);
      const added = notes(`${base}${declared}\n`, target).filter((note) => !before.includes(note.message));
      expect(added).toEqual([{ path, message: expect.stringMatching(message) }]);
    }
  });

  it("is said of the alerts that the promises count on, written or not", () => {
    const watched = `${base}observe: { metrics: prometheus, alerts: { down: 2m } }\nobjectives: { rto: 1h }\n`;
    for (const target of ["compose", "kubernetes"] as const) {
      const alerts = notes(watched, target).filter(({ path }) => path === "observe.alerts");
      expect(alerts.map(({ message }) => message)).toEqual([
        "alerts (down for 2m, errors above 5%, database, oom, backups) are not written by this target, and the promises count on them: set them where metrics are kept",
      ]);
      expect(notes(base, target).filter(({ path }) => path === "observe.alerts")).toEqual([]);
    }
  });

  it("is said of a WAF that only logs, and of a certificate that no cluster can have", () => {
    const text = `${base.replace("[gateway] }", "[gateway], expose: true }")}entrance: { host: shop.example.com, waf: strict, tls: acm, dns: none }
`;
    expect(notes(text, "kubernetes").map(({ message }) => message)).toEqual([
      "web counts on what the cluster has: the ingress controller nginx",
      expect.stringContaining("the certificate of acm, which stays with AWS's load balancers"),
      expect.stringContaining("a WAF that blocks, and does more than log: `SecRuleEngine On`"),
    ]);
  });

  it.each([
    ["{ source: ./chat.gguf }", "chat: its weights, ./chat.gguf, are not in the container: put them there"],
    ["{ source: hf://a/b, engine: ollama }", "chat: Ollama is not told to fetch hf://a/b: import it there"],
  ])("is said of weights that no container comes to: %s", (model, message) => {
    for (const target of ["compose", "kubernetes"] as const)
      expect(notes(`${base}models: { chat: ${model} }\n`, target)).toContainEqual({
        path: "models.chat.source",
        message,
      });
  });

  it("is said of gRPC that shares its door, and where it has one to itself the door is told", () => {
    const doors = (entrance: string) =>
      planOf(`platform: shop
provide: in-cluster
services:
  web: { image: "shop/web:1.0.0", port: 80, expose: { path: /, entrance: public } }
  rpc: { image: "shop/rpc:1.0.0", ports: { grpc: 9000 }, expose: { path: /shop.Orders, entrance: ${entrance}, port: grpc } }
entrances: { public: { host: shop.example }, calls: { host: rpc.shop.example } }
`);
    const said = (entrance: string) =>
      targets.kubernetes.render(doors(entrance)).notes.filter(({ message }) => message.includes("gRPC"));
    expect(said("public")).toEqual([
      {
        path: "entrances.public",
        message: expect.stringContaining("gRPC beside HTTP, which needs an entrance of its own"),
      },
    ]);
    expect(said("calls")).toEqual([]);
    const told = manifests(doors("calls")).flatMap(({ object }) =>
      object.kind === "Ingress" ? [object.metadata.annotations?.["nginx.ingress.kubernetes.io/backend-protocol"]] : [],
    );
    expect(told).toEqual([undefined, "GRPC"]);
  });

  it("is said of a kind of GPU where no pool has it", () => {
    const text = (rest: string) =>
      `${base}models: { chat: { source: hf://a/b, engine: vllm, gpu: { count: 1, kind: a100 }${rest} } }\n`;
    const ofGpu = (rest: string) =>
      notes(`${text(rest)}nodes: { gpu: { type: p4d.24xlarge, count: 1 } }\n`, "kubernetes").filter(({ path }) =>
        path.endsWith(".gpu"),
      );
    expect(ofGpu("").map(({ message }) => message)).toEqual([
      "chat: a GPU is asked for, but no a100; name a pool that has them (nodes)",
    ]);
    expect(ofGpu(", nodes: gpu")).toEqual([]);
  });

  it("is said of a door, a unit and a bucket for what a cluster cannot be told", () => {
    const text = `${base.replace("[gateway] }", "[gateway], expose: true, sizing: auto }")}stores:
  files: { bucket: { copy: us-west-2, lock: 30d } }
entrance: { host: shop.example.com, controller: traefik, tls: { issuer: letsencrypt, minimum: "1.3" }, waf: common, cdn: true }
`;
    expect(notes(text, "kubernetes").map(({ message }) => message)).toEqual([
      "web: no autoscaler of its requests is written",
      "files: no copy in us-west-2 is made by a server in the cluster",
      "files: no object is locked by a server in the cluster",
      "web counts on what the cluster has: the ingress controller traefik, cert-manager with a ClusterIssuer letsencrypt, ExternalDNS",
      expect.stringContaining("TLS 1.3 at least"),
      expect.stringContaining("a WAF of traefik"),
      expect.stringContaining("a content network in front"),
    ]);
  });
});
