import { describe, expect, it } from "vitest";
import { formatDiagnostic, readPlatform } from "../../src/platform-file/index.js";

function diagnose(text: string) {
  const parsed = readPlatform({ file: "platform.yaml", text });
  return parsed.diagnostics.map(({ code, severity, message, hint, origin }) => ({
    at: `${origin.line}:${origin.column}`,
    code,
    severity,
    message,
    hint,
  }));
}

const base = "platform: shop\n";

describe("a diagnostic", () => {
  it("shows file, line, column, code, the line, a caret under the word, and a hint", () => {
    const text = `${base}services:\n  gateway: { modules: [gateway], replcas: 2 }\n`;
    const parsed = readPlatform({ file: "shop.yaml", text });
    const [first] = parsed.diagnostics;
    expect(first && formatDiagnostic(first, text)).toBe(
      [
        "shop.yaml:3:34 error spec/unknown-key `replcas` is not a key of `services.gateway`",
        "  3 |   gateway: { modules: [gateway], replcas: 2 }",
        "    |                                  ^^^^^^^",
        "  hint: did you mean `replicas`?",
      ].join("\n"),
    );
  });

  it("is reported with all others, in the order of the file", () => {
    const found = diagnose(
      `${base}objectives: { rpo: 5 }\nservices:\n  a: { modules: [gatway], calls: [b] }\nstores:\n  b: { postgre: 17 }\nfoo: 1\n`,
    );
    expect(found.map(({ at, code }) => `${at} ${code}`)).toEqual([
      "2:20 spec/unit",
      "4:18 spec/value",
      "6:3 spec/value",
      "7:1 spec/unknown-key",
    ]);
  });
});

/** `▲` stands before the place that the diagnostic must name. */
const cases: readonly (readonly [title: string, text: string, code: string, hint?: string])[] = [
  ["a duration without a unit", `${base}objectives: { rpo: ▲5 }`, "spec/unit", "write 5s, 5m or 5h"],
  [
    "a size in the wrong unit",
    `${base}stores: { db: { postgres: 17, size: ▲20GB } }`,
    "spec/unit",
    "write 20Gi (powers of 1024) or 20G",
  ],
  [
    "a range the wrong way round",
    `${base}services: { a: { image: "x:1", replicas: ▲10..2 } }`,
    "spec/unit",
    "write 2..10",
  ],
  ["an unknown key at the top", `${base}▲servces: {}`, "spec/unknown-key", "did you mean `services`?"],
  [
    "a key of another system",
    `${base}services: { a: { image: "x:1", ▲resources: {} } }`,
    "spec/unknown-key",
    "write `cpu: 500m..1` and `memory: 1Gi..2Gi` here",
  ],
  [
    "replicas inside scale",
    `${base}services: { a: { image: "x:1", scale: { ▲replicas: 1..3 } } }`,
    "spec/unknown-key",
    "write `replicas: 1..10` beside `scale`, not in it",
  ],
  [
    "a missing key",
    `${base}secrets: { ▲s: { from: file } }`,
    "spec/missing-key",
    "name the files of the secret: `keys: [api-key]`",
  ],
  ["a file without a name", "▲services: {}", "spec/missing-key", "name the platform: `platform: NAME`"],
  ["a mapping where text belongs", `${base}image: ▲{ a: 1 }`, "spec/type"],
  ["nothing where a mapping belongs", `${base}services:\n  ▲gateway:\n`, "spec/type"],
  ["an unknown value", `${base}cloud: ▲awss`, "spec/value", "did you mean `aws`?"],
  ["a number in place of text", `${base}entrance: { tls: { minimum: ▲1.2 } }`, "spec/value", 'quote it: "1.2"'],
  [
    "a shorthand that is near a word",
    `${base}services: { a: { image: "x:1", spread: ▲zone } }`,
    "spec/value",
    "did you mean `zones`?",
  ],
  ["a port out of range", `${base}services: { a: { image: "x:1", port: ▲70000 } }`, "spec/range"],
  ["a name in capitals", `${base}services: { ▲ApiGateway: { modules: [gateway] } }`, "spec/name", "write `apigateway`"],
  [
    "a store without a kind",
    `${base}stores: { ▲db: { size: 5Gi } }`,
    "spec/value",
    "set it first: `postgres: 17`, `redis: 7`, `rabbitmq: 4.0` or `bucket: true`",
  ],
  ["a key of another kind of store", `${base}stores: { db: { postgres: 17, ▲shards: 2 } }`, "spec/unknown-key"],
  [
    "a module that does not exist",
    `${base}services: { a: { modules: [▲gatewya] } }`,
    "spec/value",
    "did you mean `gateway`?",
  ],
  [
    "a service without modules and image",
    `${base}services: { ▲a: { replicas: 2 } }`,
    "spec/missing-key",
    "write `modules: [gateway]` or `image: …`",
  ],
  [
    "a call that is misspelled",
    `${base}services: { a: { image: "x:1", calls: [▲databse] } }\nstores: { database: { postgres: 17 } }`,
    "spec/unknown-reference",
    "did you mean `database`?",
  ],
  [
    "a node pool that does not exist",
    `${base}services: { a: { image: "x:1", nodes: ▲gpus } }\nnodes: { gpu: { type: t3.large, count: 1 } }`,
    "spec/unknown-reference",
    "did you mean `gpu`?",
  ],
  [
    "a secret that does not exist",
    `${base}services: { a: { image: "x:1", secrets: [▲tokn] } }\nsecrets: { token: { keys: [t] } }`,
    "spec/unknown-reference",
    "did you mean `token`?",
  ],
  [
    "a backup target that is not a bucket",
    `${base}stores: { a: { postgres: 17, backups: { to: ▲b } }, b: { redis: 7 } }`,
    "spec/unknown-reference",
  ],
  [
    "a fallback to an unknown model",
    `${base}models: { a: { fallback: ▲smal }, small: {} }`,
    "spec/unknown-reference",
    "did you mean `small`?",
  ],
  [
    "an upstream key that its secret lacks",
    `${base}models: { a: { upstreams: [{ url: "https://x.example", key: ▲s/kye }] } }\nsecrets: { s: { keys: [key] } }`,
    "spec/unknown-reference",
    "did you mean `key`?",
  ],
  [
    "an unknown port name",
    `${base}services: { a: { image: "x:1", calls: [{ to: b, port: ▲grcp }] }, b: { image: "x:1", ports: { grpc: 9000 } } }`,
    "spec/unknown-reference",
    "did you mean `grpc`?",
  ],
  [
    "an entrance that does not exist",
    `${base}services: { a: { image: "x:1", port: 80, expose: { entrance: ▲intern } } }\nentrances: { internal: {} }`,
    "spec/unknown-reference",
    "did you mean `internal`?",
  ],
  [
    "a name used twice",
    `${base}services: { db: { image: "x:1" } }\nstores: { ▲db: { postgres: 17 } }`,
    "spec/duplicate-name",
    "rename one, e.g. `db-store`",
  ],
  ["a call to itself", `${base}services: { a: { image: "x:1", calls: [▲a] } }`, "spec/self-call", "remove it"],
  [
    "a call to a service without a port",
    `${base}services: { a: { image: "x:1", calls: [▲b] }, b: { image: "x:1" } }`,
    "spec/conflict",
    "write `port: 8080` there",
  ],
  ["fallbacks in a cycle", `${base}models: { a: { fallback: ▲b }, b: { fallback: a } }`, "spec/cycle"],
  [
    "sidecars in a cycle",
    `${base}services: { a: { image: "x:1", beside: ▲b }, b: { image: "x:1", beside: a } }`,
    "spec/cycle",
  ],
  ["both port and ports", `${base}services: { a: { image: "x:1", port: ▲80, ports: { http: 80 } } }`, "spec/conflict"],
  [
    "a worker with a port",
    `${base}services: { ▲a: { image: "x:1", role: worker, port: 80 } }`,
    "spec/conflict",
    "remove `role: worker`",
  ],
  [
    "a probe without a port",
    `${base}services: { a: { image: "x:1", role: worker, health: { ▲live: { every: 5s } } } }`,
    "spec/conflict",
    "remove `role: worker`, and write `port: 8080`",
  ],
  ["metrics without a port", `${base}services: { a: { image: "x:1", metrics: ▲/metrics } }`, "spec/conflict"],
  ["metrics of modules", `${base}services: { a: { modules: [gateway], metrics: ▲/metrics } }`, "spec/conflict"],
  [
    "metrics of a service that runs beside another",
    `${base}services: { a: { image: "x:1", beside: b }, b: { image: "x:1", port: 80, metrics: ▲/metrics } }`,
    "spec/conflict",
  ],
  [
    "metrics on a port that the service does not have",
    `${base}services: { a: { image: "x:1", port: 80, metrics: { port: ▲stats } } }`,
    "spec/unknown-reference",
  ],
  ["a port twice", `${base}services: { a: { image: "x:1", ports: { http: 80, admin: ▲80 } } }`, "spec/conflict"],
  [
    "a sidecar on a port of the modules beside it",
    `${base}services: { a: { modules: [gateway], sidecars: { proxy: { image: "x:1", port: ▲8080 } } } }`,
    "spec/conflict",
    "give each a number of its own",
  ],
  [
    "a service on a port of the one that it runs beside",
    `${base}services: { a: { image: "x:1", port: 80, beside: b }, b: { image: "x:1", ports: { http: ▲80 } } }`,
    "spec/conflict",
  ],
  [
    "a port's name that is too long",
    `${base}services: { a: { image: "x:1", ports: { ▲administration-2: 80 } } }`,
    "spec/name",
  ],
  ["a port's name with two dashes", `${base}services: { a: { image: "x:1", ports: { ▲a--b: 80 } } }`, "spec/name"],
  [
    "a path that already routes to another service",
    `${base}services: { a: { image: "x:1", port: 80, expose: /api }, b: { image: "x:1", port: 80, expose: { path: [/b, ▲/api] } } }`,
    "spec/conflict",
    "give each service a path of its own",
  ],
  [
    "one entrance and several",
    `${base}▲entrance: {}\nentrances: { a: {} }`,
    "spec/conflict",
    "move it into `entrances`",
  ],
  [
    "a platform's name in an environment",
    `${base}environments:\n  local:\n    ▲platform: other`,
    "spec/environment",
    "remove it here",
  ],
  ["an environment that is not a mapping", `${base}environments: { local: ▲5 }`, "spec/value"],
  [
    "a service name that an environment misspells",
    `${base}services: { gateway: { modules: [gateway] } }\nenvironments: { local: { services: { ▲gatway: { replicas: 1 } } } }`,
    "spec/missing-key",
    "did you mean `gateway`? the base has no `gatway` in `services`",
  ],
  [
    "a store name that an environment misspells",
    `${base}stores: { cache: { redis: 7 } }\nenvironments: { local: { stores: { ▲cahce: { size: 1Gi } } } }`,
    "spec/value",
    "did you mean `cache`? the base has no `cahce` in `stores`",
  ],
  [
    "yes for true",
    `${base}services: { a: { image: "x:1", port: 80, expose: ▲yes } }`,
    "spec/type",
    "write `true`: YAML reads `yes` as text",
  ],
  [
    "off for false",
    `${base}stores: { a: { postgres: 17, synchronous: ▲off } }`,
    "spec/type",
    "write `false`: YAML reads `off` as text",
  ],
  ["a value of another system", `${base}provide: ▲kubernetes`, "spec/value", "did you mean `in-cluster`?"],
  [
    "a command line where a list belongs",
    `${base}services: { a: { image: "x:1", command: ▲"rm -rf /" } }`,
    "spec/type",
    'write it as a list: ["rm", "-rf", "/"]',
  ],
  [
    "a shell's line where a list belongs",
    `${base}services: { a: { image: "x:1", command: ▲"a | b" } }`,
    "spec/type",
    'write it as a list: ["sh", "-c", "a | b"]',
  ],
  [
    "one word where a list belongs",
    `${base}services: { a: { modules: ▲gateway } }`,
    "spec/type",
    "write it as a list: [gateway]",
  ],
  [
    "a typo in an environment",
    `${base}environments:\n  production:\n    services:\n      a: { image: "x:1", ▲relicas: 3 }`,
    "spec/unknown-key",
    "did you mean `replicas`?",
  ],
  [
    "a size class that does not exist",
    `${base}models: { a: { class: ▲huge, source: hf://a/b } }`,
    "spec/unknown-reference",
  ],
  ["tabs", `${base}services:\n▲\ta: 1`, "yaml/tab", "use two spaces"],
  [
    "a duplicate key",
    `${base}services:\n  a: { image: "x:1" }\n  ▲a: { image: "y:1" }`,
    "yaml/duplicate-key",
    "keep one of them",
  ],
  [
    "a second merge key, which another parser would take instead",
    `${base}services:\n  a: &a { image: "x:1" }\n  b: &b { image: "y:1" }\n  c:\n    <<: *a\n    ▲<<: *b`,
    "yaml/duplicate-key",
    "merge both with one key: `<<: [*a, *b]`",
  ],
  [
    "an undefined anchor",
    `${base}services:\n  a: &one { image: "x:1" }\n  b: ▲*onee`,
    "yaml/unknown-anchor",
    "did you mean `one`?",
  ],
  ["an anchor inside itself", `${base}services: &all\n  a: ▲*all`, "yaml/anchor-cycle"],
  ["a merge of a list", `${base}x-list: &list [1]\nservices:\n  a: { ▲<<: *list, image: "x:1" }`, "yaml/merge"],
  ["a tag", `${base}image: !!binary ▲aGk=`, "yaml/tag", "write the value without a tag"],
  ["several documents", `${base}▲---\nplatform: other`, "yaml/documents"],
  ["an empty file", "▲", "yaml/empty"],
  ["comments only", "▲# nothing\n", "yaml/empty"],
  ["a list", "▲- a\n", "yaml/not-a-mapping"],
  ["one word", "▲hello", "yaml/not-a-mapping"],
  ["a key that is not text", `${base}? ▲[a, b]\n: c`, "yaml/key"],
  ["a dangerous key", `${base}▲__proto__: { a: 1 }`, "yaml/key"],
  ["broken syntax", `${base}services: { a: ▲`, "yaml/syntax"],
  ["bytes that are not text", `${base}▲\u0000`, "file/binary"],
];

describe("a file is refused for", () => {
  it.each([...cases])("%s", (_, marked = "", code, hint) => {
    const before = marked.slice(0, marked.indexOf("▲")).split("\n");
    const at = `${before.length}:${(before.at(-1) ?? "").length + 1}`;
    const found = diagnose(marked.replace("▲", ""));
    expect(found.map((each) => `${each.at} ${each.code}`)).toContain(`${at} ${code}`);
    const one = found.find((each) => each.at === at && each.code === code);
    expect(one?.severity).toBe("error");
    if (hint !== undefined) expect(one?.hint).toBe(hint);
  });
});

describe("a file is read with a warning for", () => {
  it("calls in a cycle, because a fault in one affects all", () => {
    const found = diagnose(
      `${base}services:\n  a: { image: "x:1", port: 1, calls: [b] }\n  b: { image: "x:1", port: 1, calls: [a] }\n`,
    );
    expect(found).toMatchObject([{ at: "3:31", code: "spec/call-cycle", severity: "warning" }]);
  });

  it("a null that removes nothing", () => {
    const found = diagnose(
      `${base}stores: { cache: { redis: 7 } }\nenvironments:\n  local:\n    stores: { cash: null }\n`,
    );
    expect(found).toMatchObject([
      { at: "5:15", code: "spec/removes-nothing", severity: "warning", hint: "did you mean `cache`?" },
    ]);
  });
});

describe("a hostile file is refused quickly", () => {
  const bounded = (text: string, code: string) => {
    const started = performance.now();
    expect(diagnose(text).map((each) => each.code)).toContain(code);
    expect(performance.now() - started).toBeLessThan(20_000);
  };
  it("10 MB", () => bounded("a".repeat(10_000_000), "file/too-large"));
  it("a billion laughs", () => {
    let text = "x-a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
    for (let level = 1; level <= 10; level++)
      text += `x-a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(", ")}]\n`;
    bounded(`${base}${text}`, "yaml/alias-bomb");
  });
  it("a hundred thousand brackets", () => bounded(`${base}a: ${"[".repeat(100_000)}`, "yaml/too-deep"));
  it("more nesting than the limit", () =>
    bounded(`${base}x-deep: ${"[".repeat(200)}${"]".repeat(200)}`, "yaml/too-deep"));
  it("fifty thousand unknown keys", () => {
    const text = Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join("\n");
    bounded(`${base}${text}`, "spec/unknown-key");
  });
});
