import { CONTROLLERS } from "../../plan/entrances/index.js";
import { issuerOf } from "../../plan/entrances/issuer.js";
import type { Entrance } from "../../plan/plan.js";
import type { Note } from "../note.js";
import type { Scope } from "./scope.js";

/** What must be installed in the cluster for the entrance to work. */
export function entranceRequirements(entrance: Entrance): readonly Note[] {
  const { name, path, controller, host, dns } = entrance;
  const issuer = issuerOf(entrance);
  const { title, api } = CONTROLLERS[controller];
  const certManager = api === "gateway" ? "cert-manager with its Gateway API support enabled and" : "cert-manager with";
  const required = [
    `${title}${installation(entrance)}`,
    ...(issuer === undefined ? [] : [`${certManager} a ClusterIssuer ${issuer}`]),
    ...(dns === "none" || host === undefined ? [] : ["ExternalDNS"]),
  ];
  return [{ path, message: `${name} requires in the cluster: ${required.join(", ")}` }];
}

/** The number and the spread of its proxies, which predictions count on and the chart of the controller sets. */
function installation({ replicas, spread }: Entrance): string {
  const over = (["zones", "nodes"] as const).filter((domain) => spread[domain] === "require");
  if (replicas === 1) return "";
  return ` with ${replicas} proxies${over.length > 0 ? ` on different ${over.join(" and ")}` : ""}`;
}

/** What the file declares for this entrance and an Ingress of its controller cannot express. */
export function entranceLimitations(scope: Scope, entrance: Entrance): readonly Note[] {
  const { name, path, controller, tls, waf, affinity } = entrance;
  const grpc = grpcBehind(scope, entrance);
  const { api, supports } = CONTROLLERS[controller];
  const messages = [
    ...(entrance.host === undefined
      ? [
          api === "gateway"
            ? "it has no host, so its Gateway serves its paths for every host: set `host`"
            : `it has no host, so it serves its paths for every host of the controller ${controller}: set \`host\``,
        ]
      : []),
    ...(tls?.issuer === "acm"
      ? [`certificates of ACM work with AWS load balancers only: provide the certificate (Secret ${name}-tls) yourself`]
      : []),
    ...(grpc === "beside HTTP" && api === "ingress"
      ? ["gRPC and HTTP cannot share an Ingress: give gRPC an entrance of its own"]
      : []),
    ...(grpc !== undefined && (grpc === "alone" || api === "gateway") && !supports.grpc
      ? [`gRPC is not rendered for ${controller}`]
      : []),
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

/** Whether the entrance routes to gRPC: `alone`, or beside HTTP, which one Ingress cannot combine with gRPC. */
export function grpcBehind({ index }: Scope, { routes }: Entrance): "alone" | "beside HTTP" | undefined {
  const protocols = new Set(
    routes.map(({ unit, port }) => {
      const ports = index.unit(unit)?.ports;
      return ports?.find(({ name }) => name === port)?.protocol;
    }),
  );
  if (!protocols.has("grpc")) return undefined;
  return protocols.size === 1 ? "alone" : "beside HTTP";
}
