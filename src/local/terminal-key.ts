import { request } from "undici";
import { z } from "zod";
import { KeelsonError } from "../errors/keelson-error.js";
import type { Layout } from "./layout.js";
import type { RunningPlatform } from "./running.js";
import { localSecrets } from "./secrets.js";

/** The secret with the key that `keelson chat`, the printed `curl` command and the drills use. */
export const TERMINAL_KEY = "terminal/key";

const keySchema = z.object({ key: z.string() });

/** A valid key for the model APIs: the stored one, or a new one if that was revoked or lost in a restore. */
export async function terminalKey(running: RunningPlatform, layout: Pick<Layout, "secrets">): Promise<string> {
  const secrets = localSecrets(layout);
  const stored = await secrets.read(TERMINAL_KEY);
  if (stored !== undefined && (await isValid(running.url, stored))) return stored;
  const headers = { authorization: `Bearer ${(await secrets.read("internal/token")) ?? ""}` };
  const content = { name: "this terminal", scopes: ["inference"], organisation: "default" };
  const { key } = keySchema.parse(await postAdmin(`${running.dashboard}/admin/keys`, headers, content));
  await secrets.write(TERMINAL_KEY, key);
  return key;
}

async function isValid(url: string, key: string): Promise<boolean> {
  const { statusCode, body } = await request(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  await body.dump();
  return statusCode === 200;
}

/** Posts to the admin API. Throws `start/welcome` with the response if it has an error status. */
export async function postAdmin(url: string, headers: Record<string, string>, content: unknown): Promise<unknown> {
  const { statusCode, body } = await request(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(content),
  });
  const text = await body.text();
  if (statusCode >= 300)
    throw new KeelsonError(
      "start/welcome",
      `${new URL(url).pathname} returned status ${statusCode}: ${text.slice(0, 200)}`,
    );
  return JSON.parse(text);
}
