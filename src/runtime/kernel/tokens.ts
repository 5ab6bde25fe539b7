import { randomBytes } from "node:crypto";
import { acceptedTokens } from "../../contracts/platform-token.js";
import { isModule, MODULES, tokensOf } from "../../modules/index.js";
import { type TokenAudience, tokenSecret } from "../../modules/tokens.js";
import type { Secrets } from "./module.js";

/** The secrets with the tokens of one process; each may contain several tokens, which are all accepted. */
export interface ProcessTokens {
  /** What the process requires of its callers: the token of the modules, or that of the engines if it only serves a model. */
  readonly internal: string;
  /** Undefined if no module of the process calls engines or is one. */
  readonly engines: string | undefined;
}

/** Reads the tokens that these modules need. On a laptop those that do not exist are created. */
export async function processTokens(secrets: Secrets, modules: readonly string[]): Promise<ProcessTokens> {
  const needed = tokensOf(modules);
  const others =
    modules.length === 0 || modules.some((name) => !isModule(name) || MODULES[name].tokens.includes("modules"));
  const engines = needed.includes("engines") ? await readOrCreateToken(secrets, "engines") : undefined;
  if (!others && engines !== undefined) return { internal: engines, engines };
  return { internal: await readOrCreateToken(secrets, "modules"), engines };
}

/** The content of the secret with this token, which is created if it is absent or empty. */
export async function readOrCreateToken(secrets: Secrets, audience: TokenAudience): Promise<string> {
  const name = tokenSecret(audience);
  const existing = (await secrets.read(name)) ?? "";
  if (acceptedTokens(existing).length > 0) return existing;
  const created = randomBytes(32).toString("base64url");
  await secrets.write(name, created);
  return created;
}
