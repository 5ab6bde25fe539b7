import { request } from "undici";
import type { NewKey } from "../contracts/keys.js";
import { keyRoutes, organisationRoutes } from "../contracts/routes/accounts.js";
import { DRILL_ORGANISATION } from "../contracts/usage.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { socketUrl } from "../unix-sockets/socket-url.js";
import type { Layout } from "./layout.js";
import { type CalledPlatform, callAsOperator } from "./operator-call.js";
import type { RunningPlatform } from "./running.js";
import { localSecrets } from "./secrets.js";

/** The secret with the key that `keelson chat` and the printed `curl` command use. */
export const TERMINAL_KEY = "terminal/key";
/** The secret with the key of the load of drills. */
const DRILL_KEY = "drills/key";

/** The actor of `callAsOperator`, as keys record their creator. */
const SUPERVISOR = "operator";

/** A valid key for the model APIs: the stored one, or a new one if that was revoked or lost in a restore. */
export async function terminalKey(running: RunningPlatform, layout: Pick<Layout, "secrets">): Promise<string> {
  const platform = { running, layout };
  return validKey(running, layout, TERMINAL_KEY, () =>
    replaceKey(platform, { name: "this terminal", scopes: ["inference"], organisation: "default" }),
  );
}

/** A valid key of the organisation of drills, which is created with it: the load of drills is no usage of a client. */
export async function drillKey(running: RunningPlatform, layout: Pick<Layout, "secrets">): Promise<string> {
  const platform = { running, layout };
  return validKey(running, layout, DRILL_KEY, async () => {
    const organisation = { id: DRILL_ORGANISATION, name: "Drills" };
    await callAsOperator(platform, organisationRoutes.createOrganisation, { body: organisation }).catch(
      (error: unknown) => {
        // It exists since an earlier drill. Any other failure shows when the key is created.
        if (!(error instanceof KeelsonError)) throw error;
      },
    );
    return replaceKey(platform, { name: "drills", scopes: ["inference"], organisation: DRILL_ORGANISATION });
  });
}

async function validKey(
  { sockets }: RunningPlatform,
  layout: Pick<Layout, "secrets">,
  secret: string,
  create: () => Promise<string>,
): Promise<string> {
  const secrets = localSecrets(layout);
  const stored = await secrets.read(secret);
  if (stored !== undefined && (await isValid(socketUrl(sockets.url), stored))) return stored;
  const key = await create();
  await secrets.write(secret, key);
  return key;
}

async function isValid(url: string, key: string): Promise<boolean> {
  const { statusCode, body } = await request(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  await body.dump();
  return statusCode === 200;
}

/** Creates a key. One of this name that the supervisor created before is revoked: its secret is lost, and the name would be in use. */
async function replaceKey(platform: CalledPlatform, wanted: NewKey): Promise<string> {
  const { name, organisation } = wanted;
  const query = { organisation, search: name, status: "active" } as const;
  const { keys } = await callAsOperator(platform, keyRoutes.listKeys, { query });
  for (const { id } of keys.filter((key) => key.name === name && key.madeBy === SUPERVISOR))
    await callAsOperator(platform, keyRoutes.revokeKey, { params: { id } });
  return (await callAsOperator(platform, keyRoutes.createKey, { body: wanted })).key;
}
