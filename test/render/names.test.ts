import { describe, expect, it } from "vitest";
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
  ])("are refused where one would take the place of %s", (_of, text, name) => {
    expect(() => services(text)).toThrow(`would both be the ${name}`);
  });

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
