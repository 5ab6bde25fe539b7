import { CONTROLLERS } from "../../plan/entrances/index.js";
import { certificateName, issuerOf } from "../../plan/entrances/issuer.js";
import type { Entrance } from "../../plan/plan.js";
import { entranceLimitations, entranceRequirements, grpcBehind } from "./entrance-notes.js";
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
  return {
    object: ingressObject(scope, entrance),
    notes: [...entranceRequirements(entrance), ...entranceLimitations(scope, entrance)],
  };
}

function ingressObject(scope: Scope, entrance: Entrance): Ingress {
  const routes = [...entrance.routes].sort((left, right) => right.prefix.length - left.prefix.length);
  const ownAnnotations = annotations(scope, entrance);
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      ...metadata(scope.plan, entrance, "entrance"),
      ...(Object.keys(ownAnnotations).length > 0 && { annotations: ownAnnotations }),
    },
    spec: {
      ingressClassName: CONTROLLERS[entrance.controller].className,
      ...(entrance.tls &&
        entrance.host !== undefined && {
          tls: [{ hosts: [entrance.host], secretName: certificateName(entrance) }],
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
