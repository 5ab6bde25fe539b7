import { request } from "undici";
import type { UsageEvent } from "../../contracts/usage.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Usage } from "./client.js";

/** Longer than the module itself waits for PostgreSQL. Milliseconds. */
const answerTimeout = 30_000;
/** Events of one request: well below the size that the other side takes. */
const batch = 5_000;

/**
 * Usage in another process at `url`, to which `token` (the internal one) is shown. `record` throws KeelsonError
 * `usage/unavailable` when that process, or its database, does not answer; what it has recorded by then it knows again.
 */
export function usageOverHttp(url: string, token: string): Usage {
  const address = `${url.replace(/\/$/, "")}/internal/usage/record`;
  const send = async (events: readonly UsageEvent[]): Promise<void> => {
    try {
      const response = await request(address, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ events }),
        headersTimeout: answerTimeout,
        bodyTimeout: answerTimeout,
      });
      const text = await response.body.text();
      if (response.statusCode !== 204) throw new Error(`answered ${response.statusCode}: ${text.slice(0, 200)}`);
    } catch (error) {
      const reason = messageOf(error);
      throw new KeelsonError("usage/unavailable", `the usage module at ${url} does not answer: ${reason}`, {
        cause: error,
      });
    }
  };
  return {
    record: async (events) => {
      for (let start = 0; start < events.length; start += batch) await send(events.slice(start, start + batch));
    },
  };
}
