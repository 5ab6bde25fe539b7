import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import { z } from "zod";
import { bearer, currentToken } from "../contracts/platform-token.js";
import { tokenSecret } from "../modules/tokens.js";
import { socketUrl } from "../unix-sockets/socket-url.js";
import type { Platform } from "./platform.js";
import { localSecrets } from "./secrets.js";

/** The engine of each model and why, or the progress of its download, in one line. */
export const modelEnginesSchema = z.array(
  z.object({ name: z.string(), engine: z.string(), reason: z.string(), state: z.string() }),
);

export type ModelEngines = z.infer<typeof modelEnginesSchema>;

const response = z.object({ models: modelEnginesSchema });

const REQUEST_TIMEOUT_MS = 2_000;
const FOLLOW_INTERVAL_MS = 1_000;

/** The models of a running platform; empty while none of its processes responds. */
export async function modelEngines({ running, layout }: Pick<Platform, "running" | "layout">): Promise<ModelEngines> {
  const token = currentToken((await localSecrets(layout).read(tokenSecret("operator"))) ?? "");
  try {
    const { statusCode, body } = await request(`${socketUrl(running.sockets.dashboard)}/admin/models`, {
      headers: { authorization: bearer(token) },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (statusCode === 200) return response.parse(await body.json()).models;
    await body.dump();
    return [];
  } catch {
    return [];
  }
}

/** Reports each model whose engine, or the progress of whose download, changes after `known`, until `signal` is aborted. */
export async function followModelEngines(
  platform: Pick<Platform, "running" | "layout">,
  known: readonly { readonly name: string; readonly reason: string }[],
  report: (what: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const reported = new Map(known.map(({ name, reason }) => [name, reason]));
  while (!signal.aborted) {
    await sleep(FOLLOW_INTERVAL_MS, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    for (const { name, reason } of await modelEngines(platform)) {
      if (reported.get(name) === reason) continue;
      reported.set(name, reason);
      report(`${name}: ${reason}`);
    }
  }
}
