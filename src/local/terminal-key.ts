import { request } from "undici";
import { z } from "zod";
import { bearer, currentToken } from "../contracts/platform-token.js";
import { DRILL_ORGANISATION } from "../contracts/usage.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { tokenSecret } from "../modules/tokens.js";
import { socketUrl } from "../unix-sockets/socket-url.js";
import type { Layout } from "./layout.js";
import type { RunningPlatform } from "./running.js";
import { localSecrets } from "./secrets.js";

/** The secret with the key that `keelson chat` and the printed `curl` command use. */
export const TERMINAL_KEY = "terminal/key";
/** The secret with the key of the load of drills. */
const DRILL_KEY = "drills/key";

const keySchema = z.object({ key: z.string() });

/** A valid key for the model APIs: the stored one, or a new one if that was revoked or lost in a restore. */
export async function terminalKey(running: RunningPlatform, layout: Pick<Layout, "secrets">): Promise<string> {
  return validKey(running, layout, TERMINAL_KEY, async (headers) => {
    const content = { name: "this terminal", scopes: ["inference"], organisation: "default" };
    return postAdmin(`${socketUrl(running.sockets.dashboard)}/admin/keys`, headers, content);
  });
}

/** A valid key of the organisation of drills, which is created with it: the load of drills is no usage of a client. */
export async function drillKey(running: RunningPlatform, layout: Pick<Layout, "secrets">): Promise<string> {
  return validKey(running, layout, DRILL_KEY, async (headers) => {
    const organisation = { id: DRILL_ORGANISATION, name: "Drills" };
    await postAdmin(`${socketUrl(running.sockets.dashboard)}/admin/organisations`, headers, organisation).catch(
      (error: unknown) => {
        // It exists since an earlier drill. Any other failure shows when the key is created.
        if (!(error instanceof KeelsonError)) throw error;
      },
    );
    const content = { name: "drills", scopes: ["inference"], organisation: DRILL_ORGANISATION };
    return postAdmin(`${socketUrl(running.sockets.dashboard)}/admin/keys`, headers, content);
  });
}

async function validKey(
  { sockets }: RunningPlatform,
  layout: Pick<Layout, "secrets">,
  secret: string,
  create: (headers: Record<string, string>) => Promise<unknown>,
): Promise<string> {
  const secrets = localSecrets(layout);
  const stored = await secrets.read(secret);
  if (stored !== undefined && (await isValid(socketUrl(sockets.url), stored))) return stored;
  const operatorToken = currentToken((await secrets.read(tokenSecret("operator"))) ?? "");
  const { key } = keySchema.parse(await create({ authorization: bearer(operatorToken) }));
  await secrets.write(secret, key);
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
