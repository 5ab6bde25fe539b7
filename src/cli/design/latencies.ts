import { usageRoutes } from "../../contracts/routes/usage.js";
import { MAX_LATENCY_RANGE_MS } from "../../contracts/usage.js";
import { messageOf } from "../../errors/thrown.js";
import { dataDirectory, layout } from "../../local/layout.js";
import { livePlatform } from "../../local/running.js";
import type { Plan } from "../../plan/plan.js";
import { type MeasuredLatency, measuredLatencies } from "../../promises/latency/measured-latency.js";
import { printError } from "../terminal/output.js";

/** The latency of each model in the last 24 hours, from the ledger of the platform that runs on the data directory; empty if none runs. */
export async function latencies(named: string | undefined, plan: Plan): Promise<readonly MeasuredLatency[]> {
  const data = dataDirectory(named, plan);
  const running = await livePlatform(layout(data));
  if (running?.platform !== plan.platform || running.environment !== plan.environment) return [];
  try {
    // Loaded only if a platform runs: its HTTP client takes longer to load than a sheet to compute.
    const { callAdmin } = await import("../platform/admin-api.js");
    const { connect } = await import("../platform/connection.js");
    const now = Date.now();
    const query = {
      by: "model" as const,
      from: new Date(now - MAX_LATENCY_RANGE_MS).toISOString(),
      to: new Date(now).toISOString(),
    };
    const { rows } = await callAdmin(await connect({ data }), usageRoutes.readLatency, { query });
    return measuredLatencies(
      rows.flatMap(({ model, ...figures }) => (model === undefined ? [] : [{ model, ...figures }])),
    );
  } catch (error) {
    printError(`warning: the running platform does not report its latencies: ${messageOf(error)}\n`);
    return [];
  }
}
