import { defineRule } from "../../rule.js";

/** A call to something that does not listen there. */
export const callUnexposed = defineRule({
  code: "network/call-unexposed",
  severity: "error",
  summary: "a call goes to a unit that takes none, or not on that port",
  help: "An edge opens the port, writes the policy and injects the address. Where nobody listens all of that works, and every request fails.",
  check(plan, report) {
    for (const { to, port, path, from, kind } of plan.edges) {
      const unit = kind === "unit" ? plan.units.find(({ name }) => name === to) : undefined;
      if (!unit) continue;
      const ports = [unit, ...unit.sidecars].flatMap((container) => container.ports);
      if (ports.some(({ number }) => number === port)) continue;
      const open = ports.map(({ name, number }) => `${name} (${number})`).join(", ");
      report(path, {
        why:
          unit.role === "worker" || ports.length === 0
            ? `${from} calls ${to}, which is a ${unit.role} without a port`
            : `${from} calls ${to} on port ${port}, but ${to} listens on ${open}`,
        advice: ports.length === 0 ? `give ${to} a port, or take the call away` : `call it on ${open}`,
      });
    }
  },
});
