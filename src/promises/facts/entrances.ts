import type { Cited } from "../../plan/plan.js";

/** A proxy is pulled and started on another node, and reads its configuration. */
export const proxyStart = {
  value: 30_000,
  why: "an image of about 200 MB is pulled at 25 MB/s, and the proxy reads its configuration before it is ready: 30s assumed",
};

/** The reason why a certificate is not renewed is found and removed. */
export const renewalRepaired = {
  value: 4 * 60 * 60_000,
  why: "a challenge that fails, a DNS record, an account or an issuer that is missing: four hours assumed to find and to correct it",
};

/** The certificate authority refuses a further certificate for the same names until its limit permits one. */
export const issuanceLimit: Cited = {
  value: 34 * 60 * 60_000,
  source:
    "Let's Encrypt issues five certificates for the same names in seven days, and then one every 34 hours (letsencrypt.org/docs/rate-limits)",
  read: "2026-11-30",
};

/** A certificate that cert-manager does not issue is ordered, and its Secret is replaced. */
export const replacedByHand = {
  value: 24 * 60 * 60_000,
  why: "a certificate is ordered from its authority, which validates the domain, and set in the Secret: a day assumed",
};
