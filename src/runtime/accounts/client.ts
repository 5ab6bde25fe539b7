export { hashToken, isToken } from "./token.js";

/** Who a request acts for, as the gateway needs it. */
export interface Principal {
  readonly keyId: string;
  readonly organisation: string;
  readonly user: string | undefined;
  readonly scopes: readonly Scope[];
  /** Models the key may use; undefined means all. */
  readonly models: readonly string[] | undefined;
  /** Epoch milliseconds; undefined means never. */
  readonly expires: number | undefined;
}

/** What a key may do. `inference`: the model APIs; `admin`: the admin API; `usage`: read usage. */
export type Scope = "inference" | "admin" | "usage";

/** `lost`: changes may go unheard from now on, until `reset` says that they are heard again. */
export type KeyChange =
  | { readonly kind: "changed"; readonly hash: string }
  | { readonly kind: "reset" }
  | { readonly kind: "lost" };

export type Role = "owner" | "admin" | "member";

/** What somebody shows to the admin API: the hex SHA-256 of an API key, or of what the session cookie holds. */
export interface Credential {
  readonly kind: "key" | "session";
  readonly hash: string;
}

/** Who calls the admin API. */
export interface Actor {
  /** As the audit log names them: `user:usr_…`, `key:key_…`, `internal`. */
  readonly name: string;
  readonly organisation: string;
  readonly user: { readonly id: string; readonly name: string } | undefined;
  readonly keyId: string | undefined;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** May act for every organisation: runs the platform. */
  readonly operator: boolean;
}

/** What other modules ask of accounts. In-process when together, HTTP when apart. */
export interface Accounts {
  /**
   * `hash` is the hex SHA-256 of the whole key. Undefined: unknown, revoked, expired, or its user is disabled. Counts as a use
   * of the key, so whoever caches the answer and asks again each minute keeps "last used" right to the minute.
   */
  authenticate(hash: string): Promise<Principal | undefined>;
  /**
   * Calls back on every change to a key (creation, revocation, expiry edited) on any replica, and with `reset` whenever
   * changes may have been missed (the connection was lost), and with `lost` when it breaks. Until the returned function is
   * called.
   */
  watch(listener: (change: KeyChange) => void): () => void;
  /** Who a credential stands for in the admin API. Undefined: unknown, revoked, expired, or its user is disabled. */
  identify(credential: Credential): Promise<Actor | undefined>;
}
