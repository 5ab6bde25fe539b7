import { request } from "undici";
import type { z } from "zod";
import { bearer, currentToken } from "../contracts/platform-token.js";
import { type RequestOf, type Route, requestOf } from "../contracts/route.js";
import { KeelsonError } from "../errors/keelson-error.js";
import { tokenSecret } from "../modules/tokens.js";
import { socketUrl } from "../unix-sockets/socket-url.js";
import type { Layout } from "./layout.js";
import type { RunningPlatform } from "./running.js";
import { localSecrets } from "./secrets.js";

/** The platform that is called, and where its operator token is. */
export interface CalledPlatform {
  readonly running: Pick<RunningPlatform, "sockets">;
  readonly layout: Pick<Layout, "secrets">;
}

const MAX_QUOTED_LENGTH = 200;

/**
 * Calls a route of the admin API as the supervisor, with the operator token.
 * @throws KeelsonError `start/welcome` with the response if it has an error status.
 */
export async function callAsOperator<R extends Route>(
  { running, layout }: CalledPlatform,
  route: R,
  call: RequestOf<R>,
): Promise<z.output<R["json"]>> {
  const token = currentToken((await localSecrets(layout).read(tokenSecret("operator"))) ?? "");
  const { method, path, body } = requestOf(route, call);
  const response = await request(`${socketUrl(running.sockets.dashboard)}${path}`, {
    method,
    headers: { authorization: bearer(token), ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.body.text();
  if (response.statusCode !== route.status)
    throw new KeelsonError(
      "start/welcome",
      `${route.path} returned status ${response.statusCode}: ${text.slice(0, MAX_QUOTED_LENGTH)}`,
    );
  const json: R["json"] = route.json;
  return json.parse(JSON.parse(text));
}
