import { z } from "zod";

/** Roles of a user in an organisation, in ascending order: each includes those before it. */
export const ROLES = ["member", "admin", "owner"] as const;
export const role = z.enum(ROLES);
export type Role = z.infer<typeof role>;

/** What an API key may do. `inference`: the model APIs; `admin`: the admin API; `usage`: read usage. */
export const SCOPES = ["inference", "admin", "usage"] as const;
export const scope = z.enum(SCOPES);
export type Scope = z.infer<typeof scope>;

/** Who may call a route. Each route declares one; a route without one does not compile. */
export type Authority =
  /** Any client, without credentials. */
  | { readonly kind: "anonymous" }
  /**
   * An API key with this scope (`admin` includes `usage`) or a session, whose user has at least this role. With `operator`,
   * only users who run the platform. The operator token counts as one.
   */
  | { readonly kind: "actor"; readonly scope: "admin" | "usage"; readonly role: Role; readonly operator: boolean }
  /** An API key with the scope `inference`. */
  | { readonly kind: "inference-key" }
  /** A process of the platform: the internal token. */
  | { readonly kind: "internal-token" };

/** The authority of a caller of the admin API. */
export type ActorAuthority = Extract<Authority, { readonly kind: "actor" }>;

/** Who may call the paths below a prefix of the listener. `per-route`: each route below it declares its own authority. */
export type PrefixAuthority = Authority | { readonly kind: "per-route" };

export const ANONYMOUS: Authority = { kind: "anonymous" };
export const INFERENCE_KEY: Authority = { kind: "inference-key" };
export const INTERNAL_TOKEN: Authority = { kind: "internal-token" };
export const PER_ROUTE: PrefixAuthority = { kind: "per-route" };

/** The members, admins or owners of an organisation, each for their own. */
export const MEMBER: ActorAuthority = { kind: "actor", scope: "admin", role: "member", operator: false };
export const ADMIN: ActorAuthority = { kind: "actor", scope: "admin", role: "admin", operator: false };
export const OWNER: ActorAuthority = { kind: "actor", scope: "admin", role: "owner", operator: false };
/** Users who run the platform: they act for every organisation. */
export const OPERATOR: ActorAuthority = { kind: "actor", scope: "admin", role: "owner", operator: true };
/** API keys with the scope `usage` or `admin`, and every session. */
export const USAGE_READER: ActorAuthority = { kind: "actor", scope: "usage", role: "member", operator: false };

/** The rights of an authenticated caller of the admin API. */
export interface Rights {
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** Acts for every organisation. */
  readonly operator: boolean;
}

/** What an authenticated caller lacks for an authority. Undefined: nothing, the call is permitted. */
export type Missing =
  | { readonly kind: "role"; readonly required: Role }
  | { readonly kind: "scope"; readonly required: Scope }
  | { readonly kind: "operator" };

export function missingRight(authority: ActorAuthority, { role, scopes, operator }: Rights): Missing | undefined {
  if (!includesRole(role, authority.role)) return { kind: "role", required: authority.role };
  const hasScope = scopes.includes(authority.scope) || (authority.scope === "usage" && scopes.includes("admin"));
  if (!hasScope) return { kind: "scope", required: authority.scope };
  return authority.operator && !operator ? { kind: "operator" } : undefined;
}

/** Whether `held` is `required` or a higher role. */
export function includesRole(held: Role, required: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(required);
}

/** The authority as a sentence of the API's documentation. */
export function describeAuthority(authority: Authority): string {
  switch (authority.kind) {
    case "anonymous":
      return "Requires no credentials.";
    case "actor": {
      const who = authority.operator ? "a user who runs the platform" : `the role ${authority.role} or higher`;
      const scopes = authority.scope === "usage" ? "`usage` or `admin`" : "`admin`";
      return `Requires ${who}; an API key also needs the scope ${scopes}.`;
    }
    case "inference-key":
      return "Requires an API key with the scope `inference`.";
    case "internal-token":
      return "Requires the internal token.";
  }
}
