import type { Actor, Credential, KeyChange, Principal } from "../../contracts/credentials.js";

export { hashToken, isToken } from "./token.js";

/** The accounts module as other modules see it: in-process if it runs in this process, else over HTTP. */
export interface Accounts {
  /**
   * Looks up a valid API key by `hash`, the hex SHA-256 of the whole key. Undefined: there is none, or it is revoked or
   * expired, or its user is disabled. Counts as a use of the key, so if a caller caches the result for a minute, "last
   * used" is exact to the minute.
   */
  authenticate(hash: string): Promise<Principal | undefined>;
  /** Calls back on every change to a key until the returned function is called. See `keyChange` for the events. */
  watch(listener: (change: KeyChange) => void): () => void;
  /** Looks up the caller of the admin API. Undefined: the credential is invalid, revoked or expired, or its user is disabled. */
  identify(credential: Credential): Promise<Actor | undefined>;
  /** The names of keys, revoked ones included, by id; at most `MAX_NAMED_KEYS` ids. An unknown id has no entry. */
  nameKeys(ids: readonly string[]): Promise<Readonly<Record<string, string>>>;
}
