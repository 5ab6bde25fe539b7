/** A small platform file, and what is unusual about it. */
export interface SmallPlatform {
  readonly about: string;
  readonly text: string;
}

const STORES = {
  postgres: "postgres: 17, backups: { full: daily keep 7d, log: 5m keep 7d, to: archive }",
  redis: "redis: 7.2, persistence: true, backups: { snapshot: daily keep 7d }",
  "sharded redis": "redis: 8, shards: 3",
  rabbitmq: 'rabbitmq: "4.3"',
  bucket: "bucket: { versions: true }",
} as const;

const SOURCES = {
  best: "hf://owner/repository/file.gguf",
  "llama.cpp": "./weights.gguf",
  ollama: "llama3.2:1b",
  vllm: "Qwen/Qwen2.5-7B-Instruct",
  openai: "gpt-4o",
  simulated: "any",
} as const;

/** Each kind of store in each place, each engine, entrances with and without a host, and the longest names. */
export function smallPlatforms(): readonly SmallPlatform[] {
  return [...stores(), ...engines(), ...entrances(), ...names()];
}

function stores(): readonly SmallPlatform[] {
  return Object.entries(STORES).flatMap(([kind, store]) =>
    ["embedded", "in-cluster", "managed"].flatMap((provide) =>
      ["none", "aws", "linode"].flatMap((cloud) =>
        (kind === "bucket" ? [undefined] : [1, 2, 3]).map((replicas) => ({
          about: `${kind}, ${provide}, ${cloud}, replicas: ${replicas ?? "-"}`,
          text: [
            "platform: small",
            `provide: ${provide}`,
            ...(cloud === "none" ? [] : [`cloud: ${cloud}`, "zones: 3"]),
            "services: { web: { image: shop/web:1.0.0, port: 80, calls: [main] } }",
            `stores: { main: { ${store}${replicas === undefined ? "" : `, replicas: ${replicas}`} }, archive: { bucket: true } }`,
            "observe: { metrics: prometheus }",
            "",
          ].join("\n"),
        })),
      ),
    ),
  );
}

function engines(): readonly SmallPlatform[] {
  return Object.entries(SOURCES).flatMap(([engine, source]) =>
    ["none", "optional", "{ count: 2, kind: a10 }"].map((gpu) => ({
      about: `engine ${engine}, gpu: ${gpu}`,
      text: `platform: small
provide: in-cluster
services: { gateway: { modules: [gateway], calls: [chat] } }
models: { chat: { engine: ${engine}, source: "${source}", gpu: ${gpu}${engine === "openai" ? ', upstreams: "http://models.example:8000"' : ""} } }
`,
    })),
  );
}

function entrances(): readonly SmallPlatform[] {
  return ["gateway-api", "nginx", "traefik"].flatMap((controller) =>
    ["", 'host: "*.example.com", ', "host: a.example.com, tls: { issuer: letsencrypt }, "].flatMap((host) =>
      ["1.27", "1.30", "1.37"].map((version) => ({
        about: `${controller}, ${host || "no host, "}Kubernetes ${version}`,
        text: `platform: small
provide: in-cluster
cluster: { kubernetes: "${version}", storageClass: fast, pullSecrets: [registry], labels: { example.com/team: a_b } }
entrance: { ${host}controller: ${controller} }
services:
  gateway: { modules: [gateway], expose: true, replicas: 2..4, scale: { cpu: 70% }, priority: critical }
  web: { image: shop/web:1.0.0, port: 80, drain: 5s, expose: /web, sidecars: { proxy: { image: shop/proxy:1.0.0, port: 81 } } }
`,
      })),
    ),
  );
}

/** A platform, service or store may have 45 characters; the namespace joins platform and environment. */
const MAX_NAME_LENGTH = 45;

function names(): readonly SmallPlatform[] {
  const name = (letter: string, length: number = MAX_NAME_LENGTH) => letter.repeat(length);
  return [1, MAX_NAME_LENGTH].map((length) => ({
    about: `names of ${length} characters`,
    text: `platform: ${name("p", length)}
namespace: small-names
services:
  ${name("s", length)}:
    modules: [gateway, accounts]
    calls: [${name("d", length)}]
    expose: true
    priority: low
    replicas: 2..4
    scale: { cpu: 70% }
    volumes: { ${name("v", length)}: { mount: /v, size: 1Gi, persistent: true } }
stores:
  ${name("d", length)}: { postgres: 17, standby: none, backups: { full: daily keep 7d, log: 5m keep 7d } }
  ${name("c", length)}: { redis: 7.2, shards: 3, replicas: 1, backups: { snapshot: daily keep 7d } }
  ${name("r", length)}: { rabbitmq: "4.3", replicas: 3 }
  ${name("b", length)}: { bucket: true }
environments: { ${name("e", length)}: { provide: in-cluster } }
entrance: { host: a.example.com, tls: { issuer: letsencrypt } }
`,
  }));
}
