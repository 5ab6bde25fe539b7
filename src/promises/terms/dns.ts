import { isDeclared } from "../../plan/origin.js";
import type { Entrance, Plan, RegionFailover } from "../../plan/plan.js";
import { formatDuration } from "../../platform-file/format.js";
import {
  checkTimeout,
  recordByHand,
  recordInterval,
  recordTtl,
  staleAnswer,
  WITH_HEALTH_CHECKS,
} from "../facts/dns.js";
import type { Prediction, Term } from "../prediction.js";
import { assumed, cited, declared, times, unknown } from "../prediction.js";

/** DNS leads the clients of every entrance to another region, in these terms one after the other. */
export function dnsTerms(plan: Plan, { path, check, failures, ttl }: RegionFailover): readonly Term[] {
  const how = `${failures} × ${formatDuration(check)}`;
  return [
    declared(plan, "health checks fail", check * failures, `${path}.check`, how),
    times(failures, cited("a check waits for an answer", checkTimeout)),
    declared(plan, "the old address stays in DNS caches", ttl, `${path}.ttl`),
    cited("one stale answer of a resolver", staleAnswer),
  ];
}

/**
 * The entrances have new addresses, as in a new cluster: the slowest record leaves the caches of DNS. A TTL that the file declares is
 * that of every record (`regions.failover.ttl`). No terms if no entrance has a host.
 */
export function newAddressTerms(entrances: readonly Entrance[], plan: Plan): readonly Term[] {
  const { failover } = plan;
  const named = entrances.filter(({ host }) => host !== undefined);
  if (named.length === 0) return [];
  const isSet = named.every(({ dns, controller }) => dns !== "none" && controller !== "none");
  return [
    isSet
      ? cited("record of the new entrance set", recordInterval, "ExternalDNS")
      : assumed("record of the new entrance set by hand", recordByHand.value, recordByHand.why),
    failover
      ? declared(plan, "the old address stays in DNS caches", failover.ttl, `${failover.path}.ttl`)
      : assumed("the old address stays in DNS caches", recordTtl.value, recordTtl.why),
    cited("one stale answer of a resolver", staleAnswer),
  ];
}

/**
 * Why it is not known what changes the record of an entrance; undefined if its DNS service checks the address itself, or the file
 * declares that something does (`regions.failover`).
 */
export function unknownDnsFailover({ name, host, dns }: Entrance, plan: Plan): Prediction | undefined {
  if (dns === WITH_HEALTH_CHECKS.dns || isFailoverDeclared(plan)) return undefined;
  const address = host ?? name;
  const why =
    dns === "none" ? `no DNS service of the file has the record of ${address}` : `${dns} does not check ${address}`;
  return unknown(plan, "regions.failover", `${why}, so it is not known what changes it`, {
    advice:
      "use `dns: route53`, or declare the health checks of what changes the record: `regions: { failover: { check: 30s, failures: 3, ttl: 60s } }`",
  });
}

function isFailoverDeclared(plan: Plan): boolean {
  return (["check", "failures"] as const).every((key) => isDeclared(plan, `regions.failover.${key}`));
}
