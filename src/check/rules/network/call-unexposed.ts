import { defineRule } from "../../rule.js";

/** A call goes to a port that nothing listens on. See docs/checks.md, Network. */
export const callUnexposed = defineRule({
  code: "network/call-unexposed",
  severity: "error",
  summary: "a call goes to a unit without a port, or to a port that it does not listen on",
  help: "A call opens the port in the network policy and injects the address. If nothing listens on the port, every request fails.",
  check(context, report) {
    for (const { to, port, path, from, kind } of context.plan.edges) {
      const unit = kind === "unit" ? context.unit(to) : undefined;
      if (!unit) continue;
      const ports = [unit, ...unit.sidecars].flatMap((container) => container.ports);
      if (ports.some(({ number }) => number === port)) continue;
      const open = ports.map(({ name, number }) => `${name} (${number})`).join(", ");
      report(path, {
        why:
          unit.role === "worker" || ports.length === 0
            ? `${from} calls ${to}, which is a ${unit.role} without a port`
            : `${from} calls ${to} on port ${port}, but ${to} listens on ${open}`,
        advice: ports.length === 0 ? `declare a port of ${to}, or remove the call` : `call it on ${open}`,
      });
    }
  },
});
