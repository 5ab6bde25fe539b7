import { isModule, storesRows } from "../../../modules/index.js";
import { CONNECTIONS_PER_PROCESS, maxConnections, RESERVED_CONNECTIONS } from "../../../plan/stores/connections.js";
import { isDatabase } from "../../../plan/stores/index.js";
import { modulesOf } from "../../../promises/facts/supervisor.js";
import { declaredBounds } from "../../redundancy.js";
import { defineRule } from "../../rule.js";

/** At maximum scale the modules open more connections than the database accepts. See docs/checks.md, Capacity. */
export const databaseConnections = defineRule({
  code: "capacity/database-connections",
  severity: "error",
  summary: "at maximum scale the replicas open more connections than the database accepts",
  help: "Each process has a pool of connections of its own. When an autoscaler adds replicas under load, the connections that the server refuses fail requests of all of them, just at peak load.",
  check(context, report) {
    const { plan } = context;
    for (const store of plan.stores) {
      const limit = isDatabase(store) ? maxConnections(store, plan) : undefined;
      if (limit === undefined) continue;
      const callers = plan.units.filter(
        (unit) =>
          context.calls(unit.name).has(store.name) &&
          modulesOf(unit).some((module) => isModule(module) && storesRows(module)),
      );
      const processes = callers.reduce((sum, { replicas }) => sum + replicas.max, 0);
      const wanted = processes * CONNECTIONS_PER_PROCESS;
      const accepted = limit - RESERVED_CONNECTIONS;
      if (wanted <= accepted) continue;
      const names = callers.map(({ name, replicas }) => `${name} ×${replicas.max}`).join(", ");
      const [largest] = [...callers].sort((a, b) => b.replicas.max - a.replicas.max);
      const allowed = Math.floor(accepted / CONNECTIONS_PER_PROCESS);
      const most = largest ? largest.replicas.max - (processes - allowed) : 0;
      report(largest ? `${largest.path}.replicas` : store.path, {
        why: `at maximum scale ${names} open ${wanted} connections (${CONNECTIONS_PER_PROCESS} each) to ${store.name}, which accepts ${accepted}`,
        advice: `allow at most ${allowed} replicas of these together`,
        ...(largest && most >= Math.max(1, largest.replicas.min)
          ? {
              fix: {
                edits: [
                  {
                    path: `${largest.path}.replicas`,
                    value: declaredBounds({ min: largest.replicas.min, max: most }),
                  },
                ],
                safe: false,
              },
            }
          : {}),
      });
    }
  },
});
