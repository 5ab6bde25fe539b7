import { z } from "zod";
import { patch } from "./names.js";

/** Where the world comes in. */
export const entrance = z
  .strictObject({
    host: z
      .string()
      .regex(/^(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+$/, { error: "a host is a DNS name like api.example.com" })
      .describe("DNS name, e.g. api.example.com")
      .optional(),
    controller: z.enum(["nginx", "traefik", "gateway-api", "none"]).describe("What answers at the door").optional(),
    tls: z
      .union([
        z.literal(false),
        z.string().min(1),
        z.strictObject({
          issuer: z
            .string()
            .min(1)
            .describe("Who signs the certificate: letsencrypt, acm, or a cert-manager issuer")
            .optional(),
          minimum: z.enum(["1.2", "1.3"]).describe("Oldest version of TLS spoken").optional(),
        }),
      ])
      .describe("Certificate issuer, or issuer and oldest version; false for none")
      .optional(),
    waf: z.enum(["none", "common", "strict"]).describe("Web application firewall: rules for common attacks").optional(),
    cdn: z
      .union([z.boolean(), z.literal("optional")])
      .describe("A content network in front; `optional` leaves it out until an environment says true")
      .optional(),
    dns: z.enum(["none", "external-dns", "route53", "linode"]).describe("Who keeps the DNS record").optional(),
    affinity: z.enum(["none", "session"]).describe("`session`: a client keeps its replica").optional(),
    patch: patch.optional(),
  })
  .meta({ id: "entrance" });

export type EntranceInput = z.output<typeof entrance>;
