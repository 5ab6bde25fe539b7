import { describe, expect, it } from "vitest";
import { kubernetes, manifests } from "../../src/render/kubernetes/index.js";
import { planOf } from "../support/check/findings.js";

const platform = (entrance: string) => `platform: shop
provide: in-cluster
services:
  web: { image: "shop/web:1.0.0", port: 3000, expose: / }
  api: { image: "shop/api:1.0.0", port: 9000, expose: /api }
entrance: ${entrance}
`;
const objects = (entrance: string) => manifests(planOf(platform(entrance))).map(({ object }) => object);
const named = (entrance: string, kind: string, name: string) =>
  objects(entrance).find((object) => object.kind === kind && object.metadata.name === name);

describe("an entrance of the Gateway API, which is the default in a cluster", () => {
  const usual = "{ host: shop.example.com }";

  it("is a Gateway with the host, an HTTPS listener and the issuer of its certificate", () => {
    expect(named(usual, "Gateway", "web")).toMatchObject({
      metadata: { annotations: { "cert-manager.io/cluster-issuer": "letsencrypt" } },
      spec: {
        gatewayClassName: "eg",
        listeners: [
          { name: "http", port: 80, hostname: "shop.example.com" },
          {
            name: "https",
            port: 443,
            tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: "web-tls" }] },
          },
        ],
      },
    });
    expect(objects(usual).some(({ kind }) => kind === "Ingress")).toBe(false);
  });

  it("routes the longest path first, without the timeout that would cut a stream, and redirects HTTP", () => {
    expect(named(usual, "HTTPRoute", "web")).toMatchObject({
      spec: {
        parentRefs: [{ name: "web", sectionName: "https" }],
        hostnames: ["shop.example.com"],
        rules: [
          {
            matches: [{ path: { value: "/api" } }],
            backendRefs: [{ name: "api", port: 9000 }],
            timeouts: { request: "1h" },
          },
          { matches: [{ path: { value: "/" } }], backendRefs: [{ name: "web", port: 3000 }] },
        ],
      },
    });
    expect(named(usual, "HTTPRoute", "web-redirect")).toMatchObject({
      spec: { parentRefs: [{ sectionName: "http" }], rules: [{ filters: [{ requestRedirect: { scheme: "https" } }] }] },
    });
    const plain = "{ host: shop.example.com, tls: false }";
    expect(named(plain, "HTTPRoute", "web")).toMatchObject({ spec: { parentRefs: [{ sectionName: "http" }] } });
    expect(named(plain, "HTTPRoute", "web-redirect")).toBe(undefined);
  });

  it.each([
    [usual, "envoy-gateway-system"],
    ["{ host: shop.example.com, controller: nginx }", "ingress-nginx"],
  ])(
    "of %s admits its proxies to the services and to the pod that answers a challenge of the issuer",
    (entrance, namespace) => {
      const from = [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } }];
      expect(named(entrance, "NetworkPolicy", "api")).toMatchObject({
        spec: { ingress: [{ from, ports: [{ protocol: "TCP", port: 9000 }] }] },
      });
      expect(named(entrance, "NetworkPolicy", "web-acme-solver")).toMatchObject({
        spec: {
          podSelector: { matchLabels: { "acme.cert-manager.io/http01-solver": "true" } },
          ingress: [{ from, ports: [{ protocol: "TCP", port: 8089 }] }],
        },
      });
    },
  );

  it("notes what must be installed", () => {
    const { notes } = kubernetes.render(planOf(platform(usual)));
    expect(notes.map(({ message }) => message).join("\n")).toContain(
      "web requires in the cluster: the Gateway API and Envoy Gateway with a GatewayClass eg, cert-manager with its Gateway API support enabled and a ClusterIssuer letsencrypt",
    );
  });
});

describe("a broker", () => {
  const node = (replicas: number) => {
    const broker = manifests(
      planOf(`platform: shop\nprovide: in-cluster\nstores: { jobs: { rabbitmq: "4.0", replicas: ${replicas} } }\n`),
    ).find(({ object }) => object.kind === "StatefulSet")?.object;
    const [container] = broker?.kind === "StatefulSet" ? (broker.spec?.template.spec?.containers ?? []) : [];
    return container?.env?.filter(({ name }) => name.startsWith("RABBITMQ_"));
  };

  it("has the same name of its node, and so the same directory of its data, for any number of members", () => {
    expect(node(1)).toEqual(node(3));
    expect(JSON.stringify(node(1))).toContain("rabbit@$(POD_NAME).jobs-peers.");
  });
});
