import { KeelsonError } from "../../errors/keelson-error.js";
import { CONTROLLERS } from "../../plan/entrances/index.js";
import type { Entrance } from "../../plan/plan.js";
import type { Note } from "../note.js";
import type { Ingress, WithNotes } from "./manifest.js";
import { metadata } from "./metadata.js";
import type { Scope } from "./scope.js";

/** The Ingress of an entrance; undefined for `controller: none`, where the user exposes the services. */
export function ingress(scope: Scope, entrance: Entrance): WithNotes<Ingress> {
  const { name, path, controller } = entrance;
  if (CONTROLLERS[controller].api === "none")
    return {
      object: undefined,
      notes: [{ path, message: `${name}: no Ingress is rendered for controller: none; expose its services yourself` }],
    };
  if (CONTROLLERS[controller].api === "gateway")
    throw new KeelsonError("render/unsupported", `${entrance.path}: this target does not write Gateway API routes`);
  return {
    object: ingressObject(scope, entrance),
    notes: [...requirements(entrance), ...limitations(scope, entrance)],
  };
}

function ingressObject(scope: Scope, entrance: Entrance): Ingress {
  const routes = [...entrance.routes].sort((left, right) => right.prefix.length - left.prefix.length);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { ...metadata(scope.plan, entrance, "entrance"), annotations: annotations(scope, entrance) },
    spec: {
      ingressClassName: entrance.controller,
      ...(entrance.tls &&
        entrance.host !== undefined && {
          tls: [{ hosts: [entrance.host], secretName: `${entrance.name}-tls` }],
        }),
      rules: [
        {
          ...(entrance.host !== undefined && { host: entrance.host }),
          http: {
            paths: routes.map((route) => ({
              path: route.prefix,
              pathType: "Prefix",
              backend: { service: { name: route.unit, port: { name: route.port } } },
            })),
          },
        },
      ],
    },
  };
}

/** What must be installed in the cluster for the Ingress to work. */
function requirements(entrance: Entrance): readonly Note[] {
  const { name, path, controller, host, dns } = entrance;
  const issuer = issuerOf(entrance);
  const required = [
    `the ingress controller ${controller}`,
    ...(issuer === undefined ? [] : [`cert-manager with a ClusterIssuer ${issuer}`]),
    ...(dns === "none" || host === undefined ? [] : ["ExternalDNS"]),
  ];
  return [{ path, message: `${name} requires in the cluster: ${required.join(", ")}` }];
}

/** What the file declares for this entrance and an Ingress of its controller cannot express. */
function limitations(scope: Scope, entrance: Entrance): readonly Note[] {
  const { name, path, controller, tls, waf, affinity } = entrance;
  const grpc = grpcBehind(scope, entrance);
  const { supports } = CONTROLLERS[controller];
  const messages = [
    ...(entrance.host === undefined
      ? [`it has no host, so it serves its paths for every host of the controller ${controller}: set \`host\``]
      : []),
    ...(tls?.issuer === "acm"
      ? ["certificates of ACM work with AWS load balancers only: provide the certificate of the Ingress yourself"]
      : []),
    ...(grpc === "beside HTTP" ? ["gRPC and HTTP cannot share an Ingress: give gRPC an entrance of its own"] : []),
    ...(grpc === "alone" && !supports.grpc ? [`gRPC is not rendered for ${controller}`] : []),
    ...(waf !== "none" && !supports.waf ? [`a WAF is not rendered for ${controller}`] : []),
    ...(waf !== "none" && supports.waf
      ? ["the WAF only logs until `SecRuleEngine On` is set in the ingress controller"]
      : []),
    ...(affinity === "session" && !supports.sessionAffinity
      ? [`session affinity is not rendered for ${controller}`]
      : []),
  ];
  return messages.map((message) => ({ path, message: `${name}: ${message}` }));
}

/** The ClusterIssuer of cert-manager that issues the certificate; undefined for ACM, which does not export private keys. */
function issuerOf({ controller, tls }: Entrance): string | undefined {
  return controller === "none" || tls?.issuer === "acm" ? undefined : tls?.issuer;
}

/** Whether the entrance routes to gRPC: `alone`, or beside HTTP, which one Ingress cannot combine with gRPC. */
function grpcBehind({ index }: Scope, { routes }: Entrance): "alone" | "beside HTTP" | undefined {
  const protocols = new Set(
    routes.map(({ unit, port }) => {
      const ports = index.unit(unit)?.ports;
      return ports?.find(({ name }) => name === port)?.protocol;
    }),
  );
  if (!protocols.has("grpc")) return undefined;
  return protocols.size === 1 ? "alone" : "beside HTTP";
}

function annotations(scope: Scope, entrance: Entrance): Record<string, string> {
  const issuer = issuerOf(entrance);
  return {
    ...(issuer !== undefined && { "cert-manager.io/cluster-issuer": issuer }),
    ...(entrance.dns !== "none" &&
      entrance.host !== undefined && { "external-dns.alpha.kubernetes.io/hostname": entrance.host }),
    ...(entrance.controller === "nginx" && nginxAnnotations(entrance, grpcBehind(scope, entrance) === "alone")),
  };
}

/** Responses are streamed for minutes, token by token: no buffering, and a long read timeout. */
function nginxAnnotations(entrance: Entrance, grpc: boolean): Record<string, string> {
  const nginx = "nginx.ingress.kubernetes.io";
  return {
    ...(grpc && { [`${nginx}/backend-protocol`]: "GRPC" }),
    [`${nginx}/proxy-body-size`]: "50m",
    [`${nginx}/proxy-buffering`]: "off",
    [`${nginx}/proxy-read-timeout`]: "3600",
    [`${nginx}/proxy-request-buffering`]: "off",
    ...(entrance.tls && { [`${nginx}/force-ssl-redirect`]: "true" }),
    ...(entrance.affinity === "session" && {
      [`${nginx}/affinity`]: "cookie",
      [`${nginx}/affinity-mode`]: "balanced",
      [`${nginx}/session-cookie-name`]: "keelson-route",
      [`${nginx}/session-cookie-samesite`]: "Strict",
    }),
    ...(entrance.waf !== "none" && {
      [`${nginx}/enable-modsecurity`]: "true",
      [`${nginx}/enable-owasp-core-rules`]: "true",
    }),
  };
}
