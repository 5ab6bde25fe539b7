import type { Plan } from "../../plan/plan.js";
import { addressUnreachable } from "../alerts.js";
import { defineFault } from "../fault.js";
import { isPromisedByName } from "../objectives.js";
import type { Prediction } from "../prediction.js";
import { bounded } from "../prediction.js";
import { moveAddress } from "../runbooks/entrances.js";
import type { EntranceSubject } from "../subjects.js";
import { dnsTerms, unknownDnsFailover } from "../terms/dns.js";
import { lostRequests } from "../terms/entrance.js";
import { onOneMachine } from "../terms/machine.js";
import { declaresFailover, standbyOf, withoutStandby } from "../terms/standby-region.js";
import { clientReconnect } from "../terms/store.js";

/**
 * The address of an entrance does not answer, and DNS leads its clients to the standby region, which runs. Without a standby region
 * there is no other address, and a row only for a declared failover or a promise by the name of this fault. `region-loss` waits for the same, and for what has to start there.
 */
export const dnsFailover = defineFault({
  id: "dns-failover",
  title: "The address of an entrance fails, and DNS leads clients to the standby region",
  includes: [],
  on: (plan) =>
    onOneMachine(plan)
      ? undefined
      : {
          entrance: {
            affects: ({ entrance: { host }, objectives }, plan) =>
              host !== undefined && (declaresFailover(plan) || isPromisedByName(objectives, "dns-failover")),
            rto: recovery,
            rpo: lostRequests,
            alert: addressUnreachable,
            runbook: moveAddress,
          },
          unit: undefined,
          model: undefined,
          volume: undefined,
          database: undefined,
          cache: undefined,
          broker: undefined,
          bucket: undefined,
          platform: undefined,
        },
  drill: { kind: "by hand", why: "it needs two regions and a health check that can be inverted" },
});

function recovery({ entrance, path }: EntranceSubject, plan: Plan): Prediction {
  const { failover } = plan;
  if (!failover || !standbyOf(plan)) return withoutStandby(plan);
  return unknownDnsFailover(entrance, plan) ?? bounded(plan, path, [...dnsTerms(plan, failover), clientReconnect()]);
}
