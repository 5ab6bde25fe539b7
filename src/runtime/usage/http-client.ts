import { usageInternalRoutes } from "../../contracts/routes/usage.js";
import type { UsageEvent } from "../../contracts/usage.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { callModule } from "../admin/index.js";
import type { Usage } from "./client.js";

/** Longer than the module itself waits for PostgreSQL. */
const RESPONSE_TIMEOUT_MS = 30_000;
/** Events of one request: well below the size limit of its body. */
const BATCH_SIZE = 5_000;

/**
 * The usage module in another process at `url`, called with the internal token. Both calls throw KeelsonError
 * `usage/unavailable` if that process, or its database, is unreachable. A repeated call counts no event twice.
 */
export function usageOverHttp(url: string, token: string): Usage {
  const remote = { url, token, timeoutMs: RESPONSE_TIMEOUT_MS };
  const orUnavailable = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer;
    } catch (error) {
      throw new KeelsonError("usage/unavailable", `the usage module at ${url} is unreachable: ${messageOf(error)}`, {
        cause: error,
      });
    }
  };
  const send = (events: readonly UsageEvent[]) =>
    orUnavailable(callModule(remote, usageInternalRoutes.recordUsage, { body: { events } }));
  return {
    measuredModels: () => orUnavailable(callModule(remote, usageInternalRoutes.measuredModels, {})),
    record: async (events) => {
      for (let start = 0; start < events.length; start += BATCH_SIZE)
        await send(events.slice(start, start + BATCH_SIZE));
    },
  };
}
