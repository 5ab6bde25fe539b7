import { z } from "zod";
import { name, patch } from "./names.js";
import { entranceObjectives } from "./objectives.js";
import { duration } from "./quantities.js";
import { host, objectName } from "./syntax.js";
import { spread } from "./workload.js";

/** A public entry point (ingress). */
export const entrance = z
  .strictObject({
    host: host.describe("DNS name, e.g. api.example.com").optional(),
    controller: z
      .enum(["nginx", "traefik", "gateway-api", "none"])
      .describe("Ingress controller or gateway that serves this entry point")
      .optional(),
    namespace: name
      .describe("Namespace of the controller, which network policies admit traffic from; default: its usual one")
      .optional(),
    replicas: z
      .int()
      .min(1)
      .describe("Proxies of the controller: how many its installation runs; default 1, as the usual charts install")
      .optional(),
    spread: spread
      .describe("Spread of the proxies over zones and nodes, as installed; default none, as the usual charts install")
      .optional(),
    balancer: z
      .strictObject({
        check: duration.describe("Interval of its health checks"),
        failures: z.int().min(1).describe("Consecutive failures after which it sends nothing to a node"),
        timeout: duration.describe("Timeout of one health check; default: the interval").optional(),
      })
      .describe("Load balancer in front of the proxies; default: that of the cloud")
      .optional(),
    objectives: entranceObjectives.describe("Objectives of this entrance; default: those of the platform").optional(),
    tls: z
      .union([
        z.literal(false),
        objectName,
        z.strictObject({
          issuer: objectName.describe("Certificate issuer: letsencrypt, acm, or a cert-manager issuer").optional(),
          minimum: z.enum(["1.2", "1.3"]).describe("Minimum TLS version").optional(),
        }),
      ])
      .describe("Certificate issuer, or issuer and minimum TLS version; false for no TLS")
      .optional(),
    waf: z.enum(["none", "common", "strict"]).describe("Rule set of the web application firewall").optional(),
    cdn: z
      .union([z.boolean(), z.literal("optional")])
      .describe("Content delivery network in front; `optional`: only where an environment sets true")
      .optional(),
    dns: z
      .enum(["none", "external-dns", "route53", "linode"])
      .describe("DNS provider that manages the record")
      .optional(),
    affinity: z
      .enum(["none", "session"])
      .describe("Session affinity; `session`: a client stays on one replica")
      .optional(),
    patch: patch.optional(),
  })
  .meta({ id: "entrance" });

export type EntranceInput = z.output<typeof entrance>;
