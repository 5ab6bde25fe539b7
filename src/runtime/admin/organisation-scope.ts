import type { Actor } from "../../contracts/credentials.js";
import { organisationScope, PLATFORM_SCOPE, type Scope } from "../database/client.js";
import { AdminError } from "./errors.js";

/**
 * The organisation that an operation changes: the requested one, if the actor may act for it; by default the actor's own.
 * @throws AdminError 403 for another organisation, whether it exists or not.
 */
export function organisationOf(actor: Actor, requested: string | undefined): string {
  if (requested === undefined || requested === actor.organisation) return actor.organisation;
  if (actor.operator) return requested;
  throw new AdminError("organisation/not-yours", "this credential belongs to another organisation");
}

/** The organisation that an operation reads: the requested one; undefined (all) for operators who request none. */
export function readableOrganisation(actor: Actor, requested: string | undefined): string | undefined {
  return actor.operator && requested === undefined ? undefined : organisationOf(actor, requested);
}

/** The rows of one organisation; of all for undefined. */
export function scopeOf(organisation: string | undefined): Scope {
  return organisation === undefined ? PLATFORM_SCOPE : organisationScope(organisation);
}

/** The rows that the actor may see: all for operators, else those of its own organisation. */
export function visibleTo(actor: Actor): Scope {
  return scopeOf(actor.operator ? undefined : actor.organisation);
}
