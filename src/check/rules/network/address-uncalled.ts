import type { Plan, Unit } from "../../../plan/plan.js";
import { addedCall } from "../../added-call.js";
import { defineRule } from "../../rule.js";

/** A variable holds the address of a component that is not called. See docs/checks.md, Network. */
export const addressUncalled = defineRule({
  code: "network/address-uncalled",
  severity: "error",
  summary: "an environment variable holds the address of a component that the service does not call",
  help: "A program connects to the addresses in its environment. Network policies allow the declared calls alone, so a connection to any other component is dropped, and the program waits for its timeout.",
  check(context, report) {
    const { plan } = context;
    if (plan.security.network === "open" || plan.provide === "embedded") return;
    for (const unit of plan.units) {
      const called = context.calls(unit.name);
      for (const { variable, path, to } of addressesOf(unit, plan)) {
        if (to === unit.name || called.has(to) || !(context.unit(to) ?? context.store(to))) continue;
        report(path, {
          why: `${variable} of ${unit.name} is an address of ${to}, which ${unit.name} does not call: its network policy drops the connection`,
          advice: `add ${to} to the calls of ${unit.name}, or remove the variable`,
          fix: { edits: [addedCall(plan, unit, to)], safe: false },
        });
      }
    }
  },
});

interface Address {
  readonly variable: string;
  readonly path: string;
  /** The name that its host would have in this namespace. */
  readonly to: string;
}

function addressesOf(unit: Unit, plan: Plan): readonly Address[] {
  return [unit, ...unit.sidecars].flatMap(({ environment, path }) =>
    Object.entries(environment).flatMap(([variable, value]): Address[] => {
      const to = serviceIn(value, plan.namespace);
      return to === undefined ? [] : [{ variable, path: `${path}.env.${variable}`, to }];
    }),
  );
}

/** The Service that a URL addresses: by its name, or with the namespace (kubernetes.io, DNS for Services and Pods). */
function serviceIn(value: string, namespace: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const [name, ...rest] = new URL(value).hostname.split(".");
  return ["", namespace, `${namespace}.svc`, `${namespace}.svc.cluster.local`].includes(rest.join("."))
    ? name
    : undefined;
}
