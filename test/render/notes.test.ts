import { describe, expect, it } from "vitest";
import { originOf } from "../../src/plan/index.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { renderEnvironment } from "../../src/render/target.js";
import { type TargetName, targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";

const backupNotes = (stores: string, target: TargetName = "kubernetes"): readonly string[] => {
  const plan = planOf(`platform: shop\ncloud: aws\nprovide: in-cluster\nstores:\n${stores}`);
  return renderEnvironment(targets[target], plan).notes.flatMap(({ path, message }) => {
    expect(originOf(plan, path).line).toBeGreaterThan(0);
    return message.includes("backups of") && !message.includes("not encrypted") ? [message] : [];
  });
};

describe("notes on backups", () => {
  const bucket = "  archive: { bucket: true, provide: managed }\n";

  it.each([
    ["a cache in the cluster", "{ redis: 7, backups: { snapshot: 12h keep 7d, to: archive } }"],
    [
      "a single database in the cluster",
      "{ postgres: 17, standby: none, backups: { full: daily keep 7d, to: archive } }",
    ],
  ])("report that %s is not backed up to the declared bucket", (_of, store) => {
    expect(backupNotes(`  main: ${store}\n${bucket}`)).toEqual([
      "backups of main are written to a volume of the cluster; copy them to archive yourself",
    ]);
  });

  it("report which backups of a cache a CronJob does not take", () => {
    expect(backupNotes("  main: { redis: 7, backups: { full: daily keep 7d, snapshot: 12h keep 7d } }\n")).toEqual([
      "full backups of main (daily keep 7d) are not taken by this target",
    ]);
  });

  it("list the settings to configure at the provider of a managed store", () => {
    expect(
      backupNotes(
        `  main: { postgres: 17, provide: managed, backups: { full: daily keep 7d, log: 5m, to: archive } }\n${bucket}`,
      ),
    ).toEqual([
      "backups of main are taken by Amazon RDS, which this target does not configure: set full daily keep 7d, log 5m keep 7d; copy them to archive yourself",
    ]);
  });

  it("list the buckets that CloudNativePG does not write to", () => {
    const operated = (to: string): string =>
      `  main: { postgres: 17, standby: same-zone, backups: { full: daily keep 7d, to: ${to} } }\n${bucket}  far: { bucket: true }\n`;
    const address = expect.stringContaining("backups of main are written to s3://archive/main");
    expect(backupNotes(operated("archive"))).toEqual([address]);
    expect(backupNotes(operated("[archive, far]"))).toEqual([
      address,
      "backups of main are written to one bucket; copy them to far yourself",
    ]);
  });

  it.each([
    ["aws", "{ bucket: true, provide: managed }", ["s3://archive/main; set another name by `patch:"]],
    [
      "linode",
      "{ bucket: true, provide: managed }",
      ["s3://archive/main; set another name and the address of Linode Object Storage by `patch:"],
    ],
    ["linode", "{ bucket: true }", []],
  ])("give the bucket's name and the patch that changes it: %s, %s", (cloud, store, expected) => {
    const plan = planOf(`platform: shop
cloud: ${cloud}
provide: in-cluster
stores:
  main: { postgres: 17, standby: same-zone, backups: { full: daily keep 7d, to: archive } }
  archive: ${store}
`);
    const found = targets.kubernetes.render(plan).notes.filter(({ message }) => message.includes("s3://"));
    expect(found.map(({ message }) => message)).toEqual(expected.map((each) => expect.stringContaining(each)));
  });

  it("report that Compose takes no backups", () => {
    expect(backupNotes("  main: { redis: 7, backups: { snapshot: 12h keep 7d } }\n", "compose")).toEqual([
      "snapshot backups of main (12h keep 7d) are not taken by this target",
    ]);
  });

  it("do not repeat under Compose that backups which are not taken are neither copied nor encrypted", () => {
    const plan = planOf(`platform: p
stores:
  main: { postgres: 17, backups: { full: daily keep 7d, to: archive } }
  archive: { bucket: true }
`);
    const { path } = plan.stores.find(({ name }) => name === "main")?.backups ?? {};
    expect(targets.compose.render(plan).notes.filter((note) => note.path === path)).toEqual([
      { path, message: "full backups of main (daily keep 7d) are not taken by this target" },
    ]);
  });
});

describe("declarations that neither target renders", () => {
  const base = "platform: shop\ncloud: aws\nprovide: in-cluster\nservices: { web: { modules: [gateway] } }\n";
  const notes = (text: string, target: TargetName) => renderEnvironment(targets[target], planOf(text)).notes;

  it.each([
    [
      "standby regions and the failover to them",
      "regions: { primary: eu-west-1, standby: [eu-north-1] }",
      [
        ["regions", "this target renders the primary region only; standby regions: eu-north-1 (warm)"],
        ["regions.failover", "failover between regions is not rendered by this target"],
      ],
    ],
    [
      "node pools",
      "nodes: { general: { type: m5.xlarge, count: 3..6 } }",
      [
        [
          "nodes",
          "node pool general is not created by this target: its nodes require the label keelson.dev/pool=general",
        ],
      ],
    ],
    [
      "the cluster",
      'cluster: { name: shared, kubernetes: "1.37" }',
      [["cluster", "the cluster (shared, Kubernetes 1.37) is not created by this target"]],
    ],
    [
      "backups of the cluster",
      "cluster: { backups: { etcd: 6h keep 7d, configuration: on change keep 90d } }",
      [
        ["cluster.backups.etcd", "backups of etcd (6h keep 7d) are not taken by this target"],
        [
          "cluster.backups.configuration",
          "backups of the configuration (on change keep 90d) are not taken by this target",
        ],
      ],
    ],
    [
      "storage of logs and traces",
      "observe: { logs: loki, traces: tempo, retention: 30d }",
      [
        ["observe.logs", "this target does not install Loki (logs, retention 30d)"],
        ["observe.traces", "this target does not install Tempo (traces, retention 30d)"],
      ],
    ],
    [
      "alert routes",
      "observe: { routes: { critical: pagerduty } }",
      [
        [
          "observe.routes",
          "alert routes (critical to pagerduty) are not rendered by this target: no one is notified until you configure them",
        ],
      ],
    ],
    [
      "delivery",
      "delivery: { gitops: argocd, sync: manual }",
      [
        ["delivery.gitops", "Argo CD is not configured by this target"],
        ["delivery.sync", "manual sync of changes is not enforced by this target"],
      ],
    ],
    [
      "a service mesh",
      "security: { mesh: { istio: strict } }",
      [["security.mesh", "Istio (mutual TLS strict) is not configured by this target"]],
    ],
    [
      "pod identities",
      "security: { identity: irsa }",
      [["security.identity", "pod identities (IRSA) are not configured by this target"]],
    ],
    [
      "image scans",
      "security: { scan: trivy }",
      [["security.scan", "image scans (trivy) are not run by this target: add them to the pipeline"]],
    ],
    [
      "a drill schedule",
      "drills: { every: 90d, faults: [database-loss] }",
      [["drills", "drills every 90d (database-loss) are not scheduled by this target"]],
    ],
    [
      "access",
      "access: [users, admins]",
      [["access", "access for users and admins only is not enforced by this target"]],
    ],
    [
      "secrets from elsewhere and their rotation",
      "secrets: { keys: { keys: [session], from: sealed, rotate: 90d } }",
      [
        ["secrets.keys", "secret keys is not created by this target: provide its keys (session) from its sealed form"],
        ["secrets.keys", "secret keys is not rotated by this target: rotate it every 90d"],
      ],
    ],
  ] as const)("are noted with their place: %s", (_what, declared, expected) => {
    for (const target of ["compose", "kubernetes"] as const) {
      const before = notes(base, target).map((note) => note.message);
      const added = notes(`${base}${declared}\n`, target).filter((note) => !before.includes(note.message));
      expect(added).toEqual(expected.map(([path, message]) => ({ path, message })));
    }
  });

  it("include the alerts that the promises depend on, also those that the file does not list", () => {
    const watched = `${base}observe: { metrics: prometheus, alerts: { down: 2m } }\nobjectives: { rto: 1h }\n`;
    for (const target of ["compose", "kubernetes"] as const) {
      const alerts = notes(watched, target).filter(({ path }) => path === "observe.alerts");
      expect(alerts.map(({ message }) => message)).toEqual([
        "alerts (down for 2m, errors above 5%, database, oom, backups, certificate 14d before its expiry) are not rendered by this target. The promises depend on them: configure them in Prometheus",
      ]);
      expect(notes(base, target).filter(({ path }) => path === "observe.alerts")).toEqual([]);
    }
  });

  it.each([
    [
      "{ source: ./chat.gguf }",
      "chat: this target does not copy the weights ./chat.gguf into the container: put them there",
    ],
    ["{ source: hf://a/b, engine: ollama }", "chat: this target does not import hf://a/b into Ollama: import it there"],
  ])("include model weights that are not in the container: %s", (model, message) => {
    for (const target of ["compose", "kubernetes"] as const)
      expect(notes(`${base}models: { chat: ${model} }\n`, target)).toContainEqual({
        path: "models.chat.source",
        message,
      });
  });

  it("include the kind of a GPU, unless a node pool provides it", () => {
    const text = (rest: string) =>
      `${base}models: { chat: { source: hf://a/b, engine: vllm, gpu: { count: 1, kind: a100 }${rest} } }\n`;
    const ofGpu = (rest: string) =>
      notes(`${text(rest)}nodes: { gpu: { type: p4d.24xlarge, count: 1 } }\n`, "kubernetes").filter(({ path }) =>
        path.endsWith(".gpu"),
      );
    expect(ofGpu("").map(({ message }) => message)).toEqual([
      "chat: this target does not select GPUs of kind a100: set `nodes` to a pool that has them",
    ]);
    expect(ofGpu(", nodes: gpu")).toEqual([]);
  });
});

describe("notes on an Ingress", () => {
  const base =
    "platform: shop\ncloud: aws\nprovide: in-cluster\nservices: { web: { modules: [gateway], expose: true } }\n";
  const notes = (text: string) => targets.kubernetes.render(planOf(text)).notes;

  it("report a WAF that only logs, and a certificate that only AWS load balancers can use", () => {
    const text = `${base}entrance: { host: shop.example.com, controller: nginx, waf: strict, tls: acm, dns: none }\n`;
    expect(notes(text).map(({ message }) => message)).toEqual([
      "web requires in the cluster: the ingress controller nginx",
      expect.stringContaining("certificates of ACM work with AWS load balancers only"),
      "web: the WAF only logs until `SecRuleEngine On` is set in the ingress controller",
    ]);
  });

  it("report an entrance for which none is rendered", () => {
    expect(notes(`${base}entrance: { host: shop.example.com, controller: none }\n`)).toContainEqual({
      path: "entrance",
      message: "web: no Ingress is rendered for controller: none; expose its services yourself",
    });
  });

  it("report gRPC beside HTTP, but not gRPC with an Ingress of its own", () => {
    const planWithRpcOn = (entrance: string) =>
      planOf(`platform: shop
provide: in-cluster
services:
  web: { image: "shop/web:1.0.0", port: 80, expose: { path: /, entrance: public } }
  rpc: { image: "shop/rpc:1.0.0", ports: { grpc: 9000 }, expose: { path: /shop.Orders, entrance: ${entrance}, port: grpc } }
entrances: { public: { host: shop.example, controller: nginx }, calls: { host: rpc.shop.example, controller: nginx } }
`);
    const grpcNotes = (entrance: string) =>
      targets.kubernetes.render(planWithRpcOn(entrance)).notes.filter(({ message }) => message.includes("gRPC"));
    expect(grpcNotes("public")).toEqual([
      {
        path: "entrances.public",
        message: "public: gRPC and HTTP cannot share an Ingress: give gRPC an entrance of its own",
      },
    ]);
    expect(grpcNotes("calls")).toEqual([]);
    const protocols = manifests(planWithRpcOn("calls")).flatMap(({ object }) =>
      object.kind === "Ingress" ? [object.metadata.annotations?.["nginx.ingress.kubernetes.io/backend-protocol"]] : [],
    );
    expect(protocols).toEqual([undefined, "GRPC"]);
  });

  it("report what traefik and an in-cluster bucket do not support", () => {
    const text = `${base.replace("expose: true", "expose: true, sizing: auto")}stores:
  files: { bucket: { copy: us-west-2, lock: 30d } }
entrance: { host: shop.example.com, controller: traefik, tls: { issuer: letsencrypt, minimum: "1.3" }, waf: common, cdn: true }
`;
    expect(notes(text).map(({ message }) => message)).toEqual([
      "volumes use the default storage class of the cluster: set `storageClass` if it has none, as on EKS from 1.30 on",
      "a larger `size` expands the volumes of stores, which needs a storage class with `allowVolumeExpansion: true`; no volume can shrink",
      "a VerticalPodAutoscaler requires the recommender of the Vertical Pod Autoscaler in the cluster, its updater and its admission controller, and the metrics server",
      "web requires in the cluster: the ingress controller traefik, cert-manager with a ClusterIssuer letsencrypt, ExternalDNS",
      "web: a WAF is not rendered for traefik",
      "files: no copy in us-west-2 is created by this target",
      "files: object lock (30d) is not configured by this target",
      "web: minimum TLS version 1.3 is not enforced by this target: set it where TLS is terminated",
      "web: a CDN is not configured by this target",
    ]);
  });
});
