import type { Model, OutsideHost, Plan, Unit } from "../../plan/plan.js";
import type { Runbook } from "./runbook.js";

/** The provider of a model does not answer. */
export function switchProvider({ name, fallbacks, upstreams }: Model, _plan: Plan): Runbook {
  const hosts = [...new Set(upstreams.map(({ url }) => new URL(url).host))].join(", ");
  return {
    id: "switch-provider",
    subject: name,
    title: `${name} is not served by its provider`,
    when: `the gateway has ejected the servers of ${name}, or they refuse with status 429 or 402`,
    steps: [
      { action: `Read the status page of ${hosts}, and the quota and balance of the account.` },
      fallbacks.length > 0
        ? { action: `Check that requests are served by ${fallbacks.join(" or ")}, and that its queue is not full.` }
        : { action: "Declare a fallback in the platform file, and deploy it." },
      { action: "If the quota is spent, raise it, or set limits for the keys that spend it." },
      { action: "If the outage lasts, remove the provider from `upstreams`, so that requests do not wait for it." },
    ],
    done: `requests for ${name} are answered within its usual time`,
  };
}

/** A host that a unit calls does not answer. */
export function waitForHosts({ name }: Unit, called: readonly OutsideHost[]): Runbook {
  const hosts = called.map((host) => host.name);
  return {
    id: "wait-for-hosts",
    subject: name,
    title: `${name} depends on a host that does not answer`,
    when: `requests of ${name} fail, and ${hosts.join(" or ")} does not answer`,
    steps: [
      { action: `Read the status page of ${hosts.join(", ")}, and the quota and balance of the account.` },
      { action: `Notify the users of ${name} of what does not work meanwhile.` },
      { action: "If another provider offers the same, call that one, and declare it in the platform file." },
    ],
    done: `requests of ${name} succeed`,
  };
}
