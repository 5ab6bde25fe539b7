import { CONTROLLERS } from "../../plan/entrances/index.js";
import { certificateName, issuerOf } from "../../plan/entrances/issuer.js";
import type { Entrance } from "../../plan/plan.js";
import { entranceLimitations, entranceRequirements } from "./entrance-notes.js";
import type { Gateway, HttpRoute, WithNotes } from "./manifest.js";
import { metadata } from "./metadata.js";
import type { Scope } from "./scope.js";

/** The listeners of a Gateway: HTTP alone, or HTTPS beside an HTTP listener that only redirects. */
const HTTP = "http";
const HTTPS = "https";

/**
 * The Gateway of an entrance (gateway.networking.k8s.io/v1). It is the platform's own, so its routes serve no host of another.
 * cert-manager reads the issuer from its annotation, and issues the certificate of each listener with a host.
 */
export function gateway(scope: Scope, entrance: Entrance): WithNotes<Gateway> {
  const { host, tls } = entrance;
  const issuer = issuerOf(entrance);
  const listener = {
    ...(host !== undefined && { hostname: host }),
    allowedRoutes: { namespaces: { from: "Same" as const } },
  };
  return {
    object: {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: {
        ...metadata(scope.plan, entrance, "entrance"),
        ...(issuer !== undefined && { annotations: { "cert-manager.io/cluster-issuer": issuer } }),
      },
      spec: {
        gatewayClassName: CONTROLLERS[entrance.controller].className,
        listeners: [
          { name: HTTP, protocol: "HTTP", port: 80, ...listener },
          ...(isEncrypted(entrance)
            ? [
                {
                  name: HTTPS,
                  protocol: "HTTPS" as const,
                  port: 443,
                  ...listener,
                  tls: {
                    mode: "Terminate" as const,
                    certificateRefs: [{ kind: "Secret", name: certificateName(entrance) }],
                  },
                },
              ]
            : []),
        ],
      },
    },
    notes: [
      ...entranceRequirements(entrance),
      ...entranceLimitations(scope, entrance),
      ...(tls && host === undefined
        ? [{ path: entrance.path, message: `${entrance.name}: no TLS without a host, which a certificate names` }]
        : []),
    ],
  };
}

/** The routes of an entrance: its paths, longest first, each to the port of a Service. */
export function httpRoute(scope: Scope, entrance: Entrance): HttpRoute {
  const routes = [...entrance.routes].sort((left, right) => right.prefix.length - left.prefix.length);
  return route(scope, entrance, entrance.name, isEncrypted(entrance) ? HTTPS : HTTP, {
    rules: routes.map(({ prefix, unit, port }) => ({
      matches: [{ path: { type: "PathPrefix", value: prefix } }],
      backendRefs: [{ name: unit, port: portNumber(scope, unit, port) }],
      // Responses are streamed for minutes. Envoy's default ends every request after 15 s (Envoy Gateway, "HTTP Timeouts").
      timeouts: { request: "1h", backendRequest: "1h" },
    })),
  });
}

/** Redirects HTTP to HTTPS. Undefined without TLS. */
export function redirectRoute(scope: Scope, entrance: Entrance): HttpRoute | undefined {
  if (!isEncrypted(entrance)) return undefined;
  return route(scope, entrance, `${entrance.name}-redirect`, HTTP, {
    rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
  });
}

function route(
  scope: Scope,
  entrance: Entrance,
  name: string,
  sectionName: string,
  spec: Pick<HttpRoute["spec"], "rules">,
): HttpRoute {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: metadata(scope.plan, entrance, "entrance", name),
    spec: {
      parentRefs: [{ name: entrance.name, sectionName }],
      ...(entrance.host !== undefined && { hostnames: [entrance.host] }),
      ...spec,
    },
  };
}

/** A certificate needs a host. */
function isEncrypted({ tls, host }: Entrance): boolean {
  return tls !== undefined && host !== undefined;
}

function portNumber({ index }: Scope, unit: string, port: string): number {
  const ports = index.unit(unit)?.ports ?? [];
  return (ports.find(({ name }) => name === port) ?? ports[0])?.number ?? 80;
}
