import { describe, expect, it } from "vitest";
import { kubernetes, manifests } from "../../src/render/kubernetes/index.js";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";

const objects = (text: string) =>
  manifests(planOf(`platform: shop\nprovide: in-cluster\n${text}`)).map(({ object }) => object);
const text = (yaml: string) => JSON.stringify(objects(yaml));
const notes = (yaml: string) =>
  kubernetes.render(planOf(`platform: shop\n${yaml}`)).notes.map(({ message }) => message);

describe("settings of the cluster", () => {
  const stores = `stores:
  one: { postgres: 17, standby: none, backups: { full: daily } }
  two: { postgres: 17, standby: same-zone, storageClass: fast }
services: { notes: { image: "x:1", volumes: { a: { size: 1Gi, persistent: true } } } }
`;

  it("name the storage class of every claim, and a store may have another", () => {
    const found = objects(`cluster: { storageClass: usual }\n${stores}`);
    const claims = found.flatMap((object) =>
      object.kind === "StatefulSet"
        ? (object.spec?.volumeClaimTemplates ?? []).map(({ spec }) => spec?.storageClassName)
        : [],
    );
    expect(claims).toEqual(["usual", "usual", "usual"]);
    expect(found.find(({ kind }) => kind === "Cluster")).toMatchObject({ spec: { storage: { storageClass: "fast" } } });
    expect(text(stores)).not.toContain("storageClassName");
    expect(notes(`provide: in-cluster\n${stores}`).join()).toContain(
      "volumes use the default storage class of the cluster",
    );
    expect(notes(`provide: in-cluster\ncluster: { storageClass: usual }\n${stores}`).join()).not.toContain(
      "default storage class",
    );
  });

  it("give every pod the credentials of private registries", () => {
    const found = objects(`cluster: { pullSecrets: [registry] }\n${stores}`);
    const pods = found.filter(({ kind }) => ["Deployment", "StatefulSet", "CronJob", "Cluster"].includes(kind));
    expect(pods).toHaveLength(4);
    for (const pod of pods) expect(JSON.stringify(pod)).toContain('"imagePullSecrets":[{"name":"registry"}]');
  });

  it("add labels to every object and pod, and replace none that Keelson sets", () => {
    const found = objects(`cluster: { labels: { team: shop, app.kubernetes.io/name: other } }\n${stores}`);
    for (const { metadata } of found)
      expect(metadata.labels).toMatchObject({ team: "shop", "keelson.dev/platform": "shop" });
    expect(found.find(({ kind, metadata }) => kind === "StatefulSet" && metadata.name === "notes")).toMatchObject({
      metadata: { labels: { "app.kubernetes.io/name": "notes" } },
      spec: { template: { metadata: { labels: { team: "shop", "app.kubernetes.io/name": "notes" } } } },
    });
    const text = `platform: shop\ncluster: { labels: { team: shop, app.kubernetes.io/name: other } }\n`;
    expect(targets.kubernetes.render(planOf(text)).notes).toEqual([
      { path: "cluster.labels", message: "the label app.kubernetes.io/name keeps the value that Keelson sets" },
    ]);
  });
});

describe("a database whose provider assigns its port", () => {
  const linode = (port: string) => `cloud: linode
stores: { users: { postgres: 17${port} } }
services: { web: { image: "x:1", port: 80, calls: [users] } }
`;
  const egress = (yaml: string) => {
    const policy = manifests(planOf(`platform: shop\n${yaml}`)).find(
      ({ object }) => object.kind === "NetworkPolicy" && object.metadata.name === "web",
    )?.object;
    return policy?.kind === "NetworkPolicy" ? policy.spec?.egress?.flatMap(({ ports }) => ports) : [];
  };

  it("is reached on every unprivileged port until the file declares it, and a note says so", () => {
    expect(egress(linode(""))).toEqual([{ protocol: "TCP", port: 1024, endPort: 65_535 }]);
    expect(notes(linode("")).join()).toContain("users: Linode Managed Database assigns its port: set `port`");
    expect(egress(linode(", port: 23741"))).toEqual([{ protocol: "TCP", port: 23_741 }]);
    expect(notes(linode(", port: 23741")).join()).not.toContain("assigns its port");
  });
});

describe("a model in an environment that simulates it", () => {
  it("requests no GPU and little CPU and memory, whatever the real engine needs", () => {
    const plan = planOf(`platform: shop
provide: in-cluster
models: { chat: { source: hf://a/b, engine: vllm, cpu: 4..7, memory: 16Gi, gpu: { count: 1, kind: a100 }, disk: 20Gi } }
environments: { development: { models: { chat: { engine: simulated, source: null } } } }
`);
    const [unit] = plan.units;
    expect(unit?.resources).toEqual({
      cpu: { request: 100, limit: 1000 },
      memory: { request: 128 * 2 ** 20, limit: 256 * 2 ** 20 },
      gpu: { count: 0, kind: undefined },
      disk: undefined,
    });
  });
});

describe("a container of an image other than Keelson's", () => {
  const yaml = `models: { chat: { source: hf://a/b, engine: vllm, gpu: 2, memory: 24Gi } }\n`;

  it("has the user's name and home, and vLLM its caches beside the weights and shared memory for several GPUs", () => {
    const deployment = objects(yaml).find(({ kind }) => kind === "Deployment");
    const json = JSON.stringify(deployment);
    for (const [name, value] of [
      ["HOME", "/var/lib/keelson"],
      ["USER", "keelson"],
      ["TORCHINDUCTOR_CACHE_DIR", "/var/lib/keelson/torchinductor"],
    ])
      expect(json).toContain(JSON.stringify({ name, value }));
    expect(json).toContain('"emptyDir":{"medium":"Memory","sizeLimit":"6Gi"}');
    const compose = targets.compose.render(planOf(`platform: shop\nprovide: in-cluster\n${yaml}`)).files[0]?.text;
    expect(compose).toContain("USER: keelson");
    expect(compose).toContain("shm_size: 6g");
  });
});

it("the nodes of a pool require labels that the notes name", () => {
  const pools = `cloud: aws
nodes: { general: { type: m5.large, count: 1 }, gpu: { type: g5.xlarge, count: 1, labels: { example.com/gpu: a10g } } }
`;
  expect(notes(pools)).toContain(
    "node pools general and gpu are not created by this target: their nodes require the labels keelson.dev/pool=general; example.com/gpu=a10g",
  );
});

it("the namespace of an entrance's controller is the one that requests and challenges are admitted from", () => {
  const plan = (namespace: string) =>
    `cloud: aws\nservices: { web: { image: "x:1", port: 80, expose: / } }\nentrance: { host: x.example.com, controller: traefik${namespace} }\n`;
  expect(text(plan(""))).toContain('"kubernetes.io/metadata.name":"traefik"');
  const moved = text(plan(", namespace: ingress"));
  expect(moved).not.toContain('"kubernetes.io/metadata.name":"traefik"');
  expect(moved.match(/"kubernetes.io\/metadata.name":"ingress"/g)).toHaveLength(2);
});

it("when the cluster autoscaler removes nodes is a note with its flags", () => {
  const nodes = "cloud: aws\nnodes: { general: { type: t3.xlarge, count: 2..5 } }\n";
  expect(notes(`${nodes}cluster: { scaleDown: { unneeded: 5m, afterAdd: 10m, utilisation: 50% } }\n`)).toContain(
    "the cluster autoscaler is not configured by this target: start it with --scale-down-unneeded-time=5m --scale-down-delay-after-add=10m --scale-down-utilization-threshold=0.5",
  );
  expect(notes(nodes).join()).not.toContain("--scale-down");
});
