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

export type KeyChange = { readonly kind: "changed"; readonly hash: string } | { readonly kind: "reset" };

/** What other modules ask of accounts. In-process when together, HTTP when apart. */
export interface Accounts {
  /** `hash` is the hex SHA-256 of the whole key. Undefined: unknown, revoked or expired. */
  authenticate(hash: string): Promise<Principal | undefined>;
  /**
   * Calls back on every change to a key (creation, revocation, expiry edited) on any replica, and with `reset` whenever
   * changes may have been missed (the connection was lost). Until the returned function is called.
   */
  watch(listener: (change: KeyChange) => void): () => void;
}
