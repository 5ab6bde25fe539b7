import { defineRule } from "../../rule.js";

/** A public name that is answered in clear text. */
export const tlsMissing = defineRule({
  code: "network/tls-missing",
  severity: "error",
  summary: "an entrance with a host name has no TLS",
  help: "API keys travel in the Authorization header of every request. Without TLS every network on the way can read them.",
  check(plan, report) {
    for (const { host, tls, path, name } of plan.entrances) {
      if (tls || host === undefined || local(host)) continue;
      report(plan.origins[`${path}.tls`] ? `${path}.tls` : `${path}.host`, {
        why: `${name} answers ${host} without TLS, so API keys cross the network in clear text`,
        advice: "name who signs the certificate: `tls: letsencrypt`",
        fix: { edits: [{ path: `${path}.tls`, value: "letsencrypt" }], safe: false },
      });
    }
  },
});

function local(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}
