import { usageRoutes } from "../../contracts/routes/usage.js";
import { messageOf } from "../../errors/thrown.js";
import { dataDirectory, layout } from "../../local/layout.js";
import { livePlatform } from "../../local/running.js";
import type { Plan } from "../../plan/plan.js";
import { type MeasuredModel, measuredModels } from "../../promises/latency/measured-model.js";
import { printError } from "../terminal/output.js";

/** The models of the platform that runs on the data directory, as its ledger shows them; empty if none runs. */
export async function modelsInLedger(named: string | undefined, plan: Plan): Promise<readonly MeasuredModel[]> {
  const data = dataDirectory(named, plan);
  const running = await livePlatform(layout(data));
  if (running?.platform !== plan.platform || running.environment !== plan.environment) return [];
  try {
    // Loaded only if a platform runs: its HTTP client takes longer to load than a sheet to compute.
    const { callAdmin } = await import("../platform/admin-api.js");
    const { connect } = await import("../platform/connection.js");
    return measuredModels(await callAdmin(await connect({ data }), usageRoutes.readMeasuredModels, {}));
  } catch (error) {
    printError(`warning: the running platform does not report its load and latencies: ${messageOf(error)}\n`);
    return [];
  }
}
