import { z } from "zod";
import { patch } from "./names.js";
import { host, objectName } from "./syntax.js";

/** A public entry point (ingress). */
export const entrance = z
  .strictObject({
    host: host.describe("DNS name, e.g. api.example.com").optional(),
    controller: z
      .enum(["nginx", "traefik", "gateway-api", "none"])
      .describe("Ingress controller or gateway that serves this entry point")
      .optional(),
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
