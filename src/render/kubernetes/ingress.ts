import { KeelsonError } from "../../errors/keelson-error.js";
import type { Entrance, Plan } from "../../plan/plan.js";
import type { Ingress } from "./manifest.js";
import { metadata } from "./metadata.js";

/** Where the world comes in. None for an entrance that is opened by hand (`controller: none`). */
export function ingress(plan: Plan, entrance: Entrance): Ingress | undefined {
  if (entrance.controller === "none") return undefined;
  if (entrance.controller === "gateway-api")
    throw new KeelsonError("render/unsupported", `${entrance.path}: this target does not write Gateway API routes`);
  const routes = [...entrance.routes].sort((left, right) => right.prefix.length - left.prefix.length);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { ...metadata(plan, entrance, "entrance"), annotations: annotations(plan, entrance) },
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

/** Who of cert-manager makes the certificate; AWS's own (`acm`) are never handed to a cluster. */
export function issuerOf({ controller, tls }: Entrance): string | undefined {
  return controller === "none" || tls?.issuer === "acm" ? undefined : tls?.issuer;
}

/** Whether gRPC is behind this door: `alone`, or beside HTTP, which no controller's Ingress can tell apart. */
export function grpcBehind(plan: Plan, { routes }: Entrance): "alone" | "beside HTTP" | undefined {
  const protocols = new Set(
    routes.map(({ unit, port }) => {
      const ports = plan.units.find(({ name }) => name === unit)?.ports;
      return ports?.find(({ name }) => name === port)?.protocol;
    }),
  );
  if (!protocols.has("grpc")) return undefined;
  return protocols.size === 1 ? "alone" : "beside HTTP";
}

function annotations(plan: Plan, entrance: Entrance): Record<string, string> {
  const issuer = issuerOf(entrance);
  return {
    ...(issuer !== undefined && { "cert-manager.io/cluster-issuer": issuer }),
    ...(entrance.dns !== "none" &&
      entrance.host !== undefined && { "external-dns.alpha.kubernetes.io/hostname": entrance.host }),
    ...(entrance.controller === "nginx" && nginxAnnotations(entrance, grpcBehind(plan, entrance) === "alone")),
  };
}

/** Answers are streamed for minutes, token by token: so no buffering, and a long wait between two reads. */
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
