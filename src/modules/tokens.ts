/** Who accepts a token (a random secret) of the platform. Each process has only the tokens that its modules need. */
export type TokenAudience =
  /** The modules of the platform: paths below `/internal`, `/services`, `/metrics`. */
  | "modules"
  /** Processes that serve one model. They run native code over the prompts of clients, so their token opens nothing else. */
  | "engines"
  /** The admin API: acts as an operator. For the command line, and for the first key of a new platform. */
  | "operator"
  /** No process: it is the key of the hash chain of the audit log, which only the accounts module has. */
  | "audit";

/** The secret with these tokens. */
export const INTERNAL_SECRET = "internal";

/** The key of each token in that secret. */
export const TOKEN_KEYS: Readonly<Record<TokenAudience, string>> = {
  modules: "token",
  engines: "engine-token",
  operator: "operator-token",
  audit: "audit-key",
};

/** The name of a token among the secrets of a process: `internal/token`. */
export function tokenSecret(audience: TokenAudience): string {
  return `${INTERNAL_SECRET}/${TOKEN_KEYS[audience]}`;
}
