import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readPlatform } from "../../src/platform-file/platform.js";
import { compose } from "../../src/render/compose/index.js";
import { secretFiles } from "../../src/render/compose/secrets.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import { planOf } from "../support/check/findings.js";

const services = (text: string) => manifests(planOf(`platform: shop\nprovide: in-cluster\n${text}`));

describe("names in a cluster", () => {
  it.each([
    ["the policy that denies everything", 'services: { default-deny: { image: "x:1" } }', "NetworkPolicy default-deny"],
    [
      "the names of another's replicas",
      'services: { web: { image: "x:1", port: 80, volumes: { a: { size: 1Gi, persistent: true } } }, web-peers: { image: "x:1", port: 80 } }',
      "Service web-peers",
    ],
    [
      "the claim of another",
      'services: { b: { image: "x:1", port: 80, volumes: { data-a: { size: 1Gi, persistent: true } } }, a-b: { image: "x:1", port: 80, volumes: { data: { size: 1Gi, persistent: true } } } }',
      "PersistentVolumeClaim data-a-b-0",
    ],
  ])("are refused where one would take the place of %s", (_of, text, name) => {
    expect(() => services(text)).toThrow(`would both be the ${name}`);
  });

  it("are refused where two components would share a volume of Compose", () => {
    const text =
      'services: { b: { image: "x:1", port: 80, volumes: { data: 1Gi } }, b-data: { image: "x:1", port: 80, volumes: { x: 1Gi } }, b-d: { image: "x:1", port: 80, volumes: { ata: 1Gi } }, b2: { image: "x:1", port: 80, volumes: { c: 1Gi } }, b2-c: { image: "x:1", port: 80, volumes: { d: 1Gi } } }';
    expect(compose.render(planOf(`platform: shop\n${text}`)).files.length).toBeGreaterThan(0);
    const shared =
      'services: { a: { image: "x:1", port: 80, volumes: { b-c: 1Gi } }, a-b: { image: "x:1", port: 80, volumes: { c: 1Gi } } }';
    expect(() => compose.render(planOf(`platform: shop\n${shared}`))).toThrow("would share the volume a-b-c");
  });

  it("keep every edge and secret of Compose apart, whatever they contain", () => {
    const text = `platform: shop
services:
  a: { image: "x:1", port: 80, calls: [b-to-c, b-outside] }
  b-to-c: { image: "x:1", port: 80 }
  b-outside: { image: "x:1", port: 80 }
  a-to-b: { image: "x:1", port: 80, calls: [c, api.example.com] }
  c: { image: "x:1", port: 80 }
`;
    const file = z
      .looseObject({ services: z.record(z.string(), z.looseObject({ networks: z.array(z.string()) })) })
      .parse(parse(compose.render(planOf(text)).files[0]?.text ?? ""));
    const shared = (left: string, right: string) =>
      file.services[left]?.networks.filter((name) => file.services[right]?.networks.includes(name)) ?? [];
    expect(shared("a", "b-to-c")).toHaveLength(1);
    expect(shared("a-to-b", "c")).toHaveLength(1);
    expect(shared("a", "c")).toEqual([]);
    expect(shared("a", "a-to-b")).toEqual([]);
    expect(shared("a-to-b", "b-outside")).toEqual([]);
    const mounts = [
      { secret: "a", keys: ["b-c"], directory: "a" },
      { secret: "a-b", keys: ["c"], directory: "a-b" },
    ];
    expect(Object.keys(secretFiles(mounts))).toHaveLength(2);
  });

  it.each(["data", "tmp", "plan", "secret-internal", "shared-memory", "keelson-plan"])(
    "of declared volumes may be those of generated ones: %s",
    (name) => {
      const text = `services:
  web: { modules: [gateway], volumes: { ${name}: { mount: /declared, size: 1Gi }, other: { mount: /other, size: 1Gi } }, sidecars: { beside: { image: "y:1", volumes: { tmp: { mount: /declared, size: 1Gi } } } } }`;
      const pod = services(text).flatMap(({ object }) =>
        object.kind === "Deployment" ? [object.spec?.template.spec] : [],
      )[0];
      const sourceOf = (mount: string, container = 0) => {
        const all = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])];
        const mounted = all[container]?.volumeMounts?.find(({ mountPath }) => mountPath === mount)?.name;
        return pod?.volumes?.find((volume) => volume.name === mounted);
      };
      expect(sourceOf("/declared")).toEqual({ name, emptyDir: { sizeLimit: "1Gi" } });
      expect(sourceOf("/etc/keelson")).toMatchObject({ configMap: {} });
      expect(sourceOf("/run/secrets/keelson/internal")).toMatchObject({ secret: {} });
      expect(sourceOf("/tmp")).toMatchObject({ emptyDir: { sizeLimit: "256Mi" } });
      expect(sourceOf("/declared", 1)).toEqual({ name: "beside-tmp", emptyDir: { sizeLimit: "1Gi" } });
      expect(sourceOf("/tmp", 1)).toMatchObject({ emptyDir: { sizeLimit: "256Mi" } });
      const names = pod?.volumes?.map((volume) => volume.name) ?? [];
      expect(new Set(names).size).toBe(names.length);
      const file = compose.render(planOf(`platform: shop\n${text}`)).files[0]?.text ?? "";
      expect(file).toMatch(/:\/declared$/m);
      expect(file).toMatch(/:\/var\/lib\/keelson$/m);
    },
  );

  it("are valid and unique for the longest names that a platform file may contain", () => {
    const long = (word: string) => `${word}-${"x".repeat(44 - word.length)}`;
    const [first, second] = [`${long("first")}`, `${long("first").slice(0, -1)}y`];
    const volumes = `volumes: { ${first}: 1Gi, ${second}: 1Gi }`;
    const found = services(
      `services: { web: { image: "x:1", port: 80, sidecars: { ${long("beside")}: { image: "y:1", ${volumes} } } } }`,
    ).flatMap(({ object }) => (object.kind === "Deployment" ? (object.spec?.template.spec?.volumes ?? []) : []));
    const names = found.map(({ name }) => name);
    expect(names.filter((name) => name.length > 63)).toEqual([]);
    expect(new Set(names).size).toBe(4);
  });
});

describe("texts whose syntax Kubernetes, DNS and registries define", () => {
  const problems = (text: string) => {
    const read = readPlatform({ file: "platform.yaml", text });
    return read.diagnostics.filter(({ severity }) => severity === "error").map(({ origin }) => origin.line);
  };
  const service = (rest: string) => `platform: shop\nservices: { web: { image: "x:1", port: 80, ${rest} } }\n`;
  const long = "x".repeat(64);

  it.each([
    ...[
      "-x.com",
      "x-.com",
      "a..b",
      `${long}.example.com`,
      "a_b.com",
      "*.*.com",
      "a.*.com",
      "*",
      "A.com",
      " a.com",
      "1.2.3.4",
      "255.0.0.1",
    ].map((host) => ["host", `platform: shop\nentrance: { host: ${JSON.stringify(host)} }\n`]),
    ...["//", "/a b", "/a?x", "/a#x", "/a\nb", "/a/../b", "/./a", "/a%2fb", "/ü", "a"].map((path) => [
      "path",
      service(`expose: ${JSON.stringify(path)}`),
    ]),
    ...["/a:b", "/a\nb", "a"].map((mount) => [
      "mount",
      service(`volumes: { a: { size: 1Gi, mount: ${JSON.stringify(mount)} } }`),
    ]),
    ...["{{ .Values.image }}", "a\nb", "a b", "a/B:1", "a:", "a@sha256:1", "a//b", "-a", "a:b:c:d", ""].map((image) => [
      "image",
      `platform: shop\nservices: { web: { image: ${JSON.stringify(image)}, port: 80 } }\n`,
    ]),
    ["label", `platform: shop\nnodes: { a: { type: m5.large, count: 1, labels: { team: "${long}" } } }\n`],
    ["label", `platform: shop\nnodes: { a: { type: m5.large, count: 1, labels: { "a/b/c": "x" } } }\n`],
    ["image", `platform: shop\nservices: { web: { image: "${"x".repeat(256)}:1", port: 80 } }\n`],
    ...["-x", "--trust-remote-code", "a\nb", "a\u0000b", "a\u2028b", "\u001b[31m"].map((source) => [
      "source of a model",
      `platform: shop\nmodels: { a: { engine: vllm, source: ${JSON.stringify(source)} } }\n`,
    ]),
    ["extension", `platform: shop\nstores: { a: { postgres: 17, extensions: ['x"; drop table a'] } }\n`],
    ["variable", service('env: { A: "a\\0b" }')],
    ["key of a secret", "platform: shop\nsecrets: { a: { keys: [..] } }\n"],
  ])("a %s that they reject is an error with its line: %j", (_of, text) => {
    expect(problems(String(text))).toEqual([2]);
  });

  it.each([
    ...["a.com", "*.example.com", "xn--bcher-kva.example", "10-0-0-1.a", "a", "1.2.3", "1.2.3.4.example"].map(
      (host) => `entrance: { host: "${host}" }`,
    ),
    ...[
      "x",
      "a/b",
      "localhost:5000/a",
      "registry.example.com:5000/a/b-c_d.e:V1.2_3",
      `a/b@sha256:${"0".repeat(64)}`,
      `${"x".repeat(255)}:1.0.0`,
    ].map((image) => `image: "${image}"`),
    ...["example.com/team", "app.kubernetes.io/version"].map((label) => `cluster: { labels: { "${label}": x } }`),
    ...["./my model.gguf", "Qwen/Qwen2.5-7B-Instruct", "llama3.2:1b"].map(
      (source) => `models: { a: { source: "${source}" } }`,
    ),
  ])("one that they accept is none: %s", (text) => {
    expect(problems(`platform: shop\n${text}\n`)).toEqual([]);
  });

  it("a namespace that two valid names make too long is an error at the environment, unless it is set", () => {
    const name = (length: number, letter: string) => letter.repeat(length);
    const platform = (first: number, second: number, rest = "") =>
      problems(`platform: ${name(first, "a")}\n${rest}environments:\n  ${name(second, "b")}: {}\n`);
    expect(platform(39, 39)).toEqual([3]);
    expect(platform(31, 31)).toEqual([]);
    expect(platform(32, 31)).toEqual([3]);
    expect(platform(39, 39, "namespace: shop\n")).toEqual([]);
  });
});
