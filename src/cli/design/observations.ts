import { recoveryStateSchema } from "../../contracts/recovery.js";
import { messageOf } from "../../errors/thrown.js";
import { callControl } from "../../local/control/client.js";
import { dataDirectory, layout } from "../../local/layout.js";
import { livePlatform } from "../../local/running.js";
import type { Plan } from "../../plan/plan.js";
import { type Observation, observationsOf } from "../../promises/observation.js";
import { printError } from "../terminal/output.js";

const RESPONSE_TIMEOUT_MS = 5_000;

/** What the platform that runs on the data directory shows about its database; empty if none runs, or another one. */
export async function observations(named: string | undefined, plan: Plan): Promise<readonly Observation[]> {
  const running = await livePlatform(layout(dataDirectory(named, plan)));
  if (running?.platform !== plan.platform || running.environment !== plan.environment) return [];
  try {
    return observationsOf(
      await callControl(running.control, "/recovery", recoveryStateSchema, { timeoutMs: RESPONSE_TIMEOUT_MS }),
    );
  } catch (error) {
    printError(`warning: the running platform does not report its database: ${messageOf(error)}\n`);
    return [];
  }
}
