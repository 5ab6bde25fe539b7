import { describe, expect, it } from "vitest";
import { readPlatform } from "../../src/platform-file/index.js";
import { parsePath } from "../../src/platform-file/path.js";
import { nearest, plain } from "../../src/platform-file/tree.js";

const text = `platform: shop
services:
  web: { image: "shop/web:1.2", port: 80, replicas: 2..6, calls: [db, cache] }
stores:
  db: { postgres: 17, backups: { full: daily keep 30d, log: 5m } }
  cache: { redis: 7 }
environments:
  local:
    stores: { cache: null }
    services: { web: { replicas: 1, calls: [db] } }
  production:
    stores:
      db: { backups: { log: 1m keep 7d } }
      queue: { rabbitmq: "4.0", nodes: null }
  plain:
`;

function environments() {
  const parsed = readPlatform({ file: "shop.yaml", text });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.platform;
}

function settings(name: string): unknown {
  const environment = environments().environments.get(name);
  return environment && plain(environment.tree);
}

describe("an environment", () => {
  it("has its place in the order of the file; the first is the default", () =>
    expect([...environments().environments.keys()]).toEqual(["local", "production", "plain"]));

  it("without overrides equals the base", () =>
    expect(settings("plain")).toMatchObject({
      stores: { cache: { redis: 7 } },
      services: { web: { replicas: "2..6" } },
    }));

  it("replaces a value and a list, and inherits the other keys", () =>
    expect(settings("local")).toMatchObject({
      services: { web: { image: "shop/web:1.2", replicas: 1, calls: ["db"] } },
    }));

  it("removes a key with null", () => expect(settings("local")).not.toHaveProperty("stores.cache"));

  it("merges mappings recursively, key by key", () =>
    expect(settings("production")).toMatchObject({
      stores: { db: { postgres: 17, backups: { full: "daily keep 30d", log: "1m keep 7d" } } },
    }));

  it.each([
    [
      "objectives: { rto: 15m }",
      "objectives: { rto: { zone-loss: 1h } }",
      { rto: { default: "15m", "zone-loss": "1h" } },
    ],
    ["objectives: fast", "objectives: { rpo: 5m }", { rto: "1m", rpo: "5m" }],
    [
      "objectives: [fast, small]",
      "objectives: { rto: { zone-loss: 1h } }",
      {
        rto: { default: "1m", "zone-loss": "1h" },
        rpo: "1s",
      },
    ],
    ["objectives: none", "objectives: { rpo: 5m }", { rpo: "5m" }],
    ["objectives: { rto: { default: 15m } }", "objectives: { rto: 1h }", { rto: "1h" }],
    ["objectives: fast", "objectives: small", { rpo: "1s" }],
  ])("merges a mapping with what an abbreviated value stands for: %s and %s", (base, override, expected) => {
    const file = `platform: shop
policies: { fast: { rto: 1m }, small: { rpo: 1s } }
services: { web: { image: "shop/web:1.2", port: 80 } }
${base}
environments: { production: { ${override} } }
`;
    const parsed = readPlatform({ file: "shop.yaml", text: file });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
    const tree = parsed.platform.environments.get("production")?.tree;
    expect(tree && plain(tree)).toMatchObject({ objectives: expected });
    expect(Object.keys(expected)).toEqual(Object.keys(Object(tree && plain(tree)).objectives));
  });

  it("merges a mapping over a path, an issuer and a word of spread", () => {
    const file = `platform: shop
services: { web: { image: "shop/web:1.2", port: 80, expose: /shop, spread: zones } }
entrance: { tls: own-issuer }
environments:
  production:
    services: { web: { expose: { port: http }, spread: { nodes: require } } }
    entrance: { tls: { minimum: "1.3" } }
`;
    const parsed = readPlatform({ file: "shop.yaml", text: file });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
    const tree = parsed.platform.environments.get("production")?.tree;
    expect(tree && plain(tree)).toMatchObject({
      services: { web: { expose: { path: "/shop", port: "http" }, spread: { zones: "require", nodes: "require" } } },
      entrance: { tls: { issuer: "own-issuer", minimum: "1.3" } },
    });
  });

  it("may add keys that the base lacks, and drops null values in them", () =>
    expect(settings("production")).toMatchObject({ stores: { queue: { rabbitmq: "4.0" } } }));

  it("records the line of every value", () => {
    const { source, environments: all } = environments();
    const origin = (environment: string, path: string) => {
      const tree = all.get(environment)?.tree;
      const found = tree && nearest(tree, parsePath(path));
      return found?.exact ? source.origin(found.value.place) : undefined;
    };
    expect(origin("production", "stores.db.backups.log")).toEqual({
      kind: "environment",
      environment: "production",
      file: "shop.yaml",
      line: 13,
      column: 29,
    });
    expect(origin("production", "stores.db.backups.full")).toMatchObject({ kind: "file", line: 5 });
    expect(origin("local", "services.web.replicas")).toMatchObject({
      kind: "environment",
      environment: "local",
      line: 10,
    });
  });

  it("reports an error of the base once, not for each environment", () => {
    const parsed = readPlatform({ file: "shop.yaml", text: text.replace("replicas: 2..6", "replicas: 6..2") });
    expect(parsed.diagnostics.map(({ origin, code }) => `${origin.line} ${code}`)).toEqual(["3 spec/unit"]);
  });

  it("is named by an error of the base that others do not have", () => {
    const file = text.replace("local:", "staging: { stores: { cache: null } }\n  local:");
    expect(readPlatform({ file: "shop.yaml", text: file }).diagnostics.map(({ message }) => message)).toEqual([
      "there is no service, model or store `cache` in staging",
    ]);
  });

  it("that removes a store gets an error for each remaining reference to it, with a hint", () => {
    const parsed = readPlatform({ file: "shop.yaml", text: text.replace("replicas: 1, calls: [db]", "replicas: 1") });
    expect(parsed.ok).toBe(false);
    expect(parsed.diagnostics).toMatchObject([
      {
        code: "spec/unknown-reference",
        origin: { line: 3 },
        hint: "this environment removes `cache` but still refers to it here: set this key in the environment too",
      },
    ]);
  });
});

describe("anchors", () => {
  it("share their value, and merge keys add only missing keys", () => {
    const parsed = readPlatform({
      file: "x.yaml",
      text: `platform: shop
x-web: &web { image: "shop/web:1", port: 80, replicas: 2 }
services:
  a: *web
  b: { <<: *web, replicas: 3 }
`,
    });
    expect(parsed.ok && plain([...parsed.platform.environments.values()][0]?.tree ?? nothing)).toMatchObject({
      services: { a: { port: 80, replicas: 2 }, b: { port: 80, replicas: 3 } },
    });
  });
});

const nothing = { kind: "scalar", place: { from: 0, to: 0, environment: undefined }, value: null } as const;

describe("numbers", () => {
  it("that JavaScript formats differently stay text, so that version 1.30 is not 1.3", () => {
    const parsed = readPlatform({ file: "x.yaml", text: "platform: shop\ncluster: { kubernetes: 1.30 }\n" });
    expect(parsed.ok && [...parsed.platform.environments.values()][0]?.settings.cluster?.kubernetes).toBe("1.30");
  });
});

describe("a variable of a container", () => {
  it("keeps the text of the file, also where YAML reads a boolean", () => {
    const variables = "{ A: True, B: FALSE, C: true, D: yes, E: 1.50, F: 007 }";
    const parsed = readPlatform({
      file: "x.yaml",
      text: `platform: shop
services: { web: { image: "web:1", env: ${variables} } }
models: { m: { engine: simulated, env: { A: True } } }
environments: { local: {}, production: { services: { web: { env: { B: True, C: FALSE } } } } }
`,
    });
    const texts = { A: "True", B: "FALSE", C: true, D: "yes", E: "1.50", F: "007" };
    const [local, production] = parsed.ok ? [...parsed.platform.environments.values()] : [];
    expect(local?.settings.services?.["web"]?.env).toEqual(texts);
    expect(local?.settings.models?.["m"]?.env).toEqual({ A: "True" });
    expect(production?.settings.services?.["web"]?.env).toEqual({ ...texts, B: "True", C: "FALSE" });
  });

  it("is not what a service with the name env has", () => {
    const parsed = readPlatform({
      file: "x.yaml",
      text: 'platform: shop\nservices: { env: { image: "web:1", port: 80, expose: True } }\n',
    });
    expect(parsed.diagnostics).toEqual([]);
    const [only] = parsed.ok ? [...parsed.platform.environments.values()] : [];
    expect(only?.settings.services?.["env"]?.expose).toBe(true);
  });
});
