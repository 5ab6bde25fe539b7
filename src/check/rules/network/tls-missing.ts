import { defineRule } from "../../rule.js";

/** A public host name is served without TLS. See docs/checks.md, Network. */
export const tlsMissing = defineRule({
  code: "network/tls-missing",
  severity: "error",
  summary: "an entrance with a host name has no TLS",
  help: "API keys are in the Authorization header of every request. Without TLS every network on the path can read them.",
  check({ plan }, report) {
    for (const { host, tls, path, name } of plan.entrances) {
      if (tls || host === undefined || isLocal(host)) continue;
      report(plan.origins[`${path}.tls`] ? `${path}.tls` : `${path}.host`, {
        why: `${name} serves ${host} without TLS, so API keys cross the network in clear text`,
        advice: "set the issuer of the certificate: `tls: letsencrypt`",
        fix: { edits: [{ path: `${path}.tls`, value: "letsencrypt" }], safe: false },
      });
    }
  },
});

function isLocal(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}
