import type { Plan } from "../../plan/plan.js";
import type { Note } from "../note.js";
import type { Declared, Declares } from "./declared.js";
import { ENTRANCE_DECLARATIONS } from "./entrances.js";
import { OBSERVATION_DECLARATIONS } from "./observation.js";
import { PLATFORM_DECLARATIONS } from "./platform.js";
import { SECRET_DECLARATIONS } from "./secrets.js";
import { STORE_DECLARATIONS } from "./stores.js";
import { UNIT_DECLARATIONS } from "./units.js";

/** Everything that a Plan can declare, by kind. A new kind is one row in one of these tables. */
const DECLARATIONS = {
  ...UNIT_DECLARATIONS,
  ...STORE_DECLARATIONS,
  ...ENTRANCE_DECLARATIONS,
  ...SECRET_DECLARATIONS,
  ...PLATFORM_DECLARATIONS,
  ...OBSERVATION_DECLARATIONS,
} as const satisfies Record<string, Declares>;

/** A kind of thing that a Plan can declare and a target can render. */
export type Declaration = keyof typeof DECLARATIONS;

export interface DeclaredOfKind extends Declared {
  readonly kind: Declaration;
  /** The kinds whose declarations this one only details; empty for most. */
  readonly refines: readonly Declaration[];
}

const BACKUPS: readonly Declaration[] = ["full-backups", "log-backups", "snapshot-backups"];

/** A target that takes no backups neither copies nor encrypts them: the notes on the backups imply it. */
const REFINES: Partial<Readonly<Record<Declaration, readonly Declaration[]>>> = {
  "backup-destinations": BACKUPS,
  "backup-encryption": BACKUPS,
};

/** The declarations of a Plan, with their paths in the platform file, in the order of the tables. */
export function declarations(plan: Plan): readonly DeclaredOfKind[] {
  return DECLARATION_KINDS.flatMap((kind) =>
    DECLARATIONS[kind](plan).map((declared) => ({ kind, refines: REFINES[kind] ?? [], ...declared })),
  );
}

/**
 * The notes of a target that renders only `writes`: one for each other declaration of the Plan. A refinement is noted only if
 * the target renders one of the kinds that it refines.
 */
export function omissions(plan: Plan, writes: ReadonlySet<Declaration>): readonly Note[] {
  const isImplied = (refines: readonly Declaration[]) =>
    refines.length > 0 && !refines.some((kind) => writes.has(kind));
  return declarations(plan)
    .filter(({ kind, refines }) => !writes.has(kind) && !isImplied(refines))
    .map(({ path, omission }) => ({ path, message: omission }));
}

export const DECLARATION_KINDS: readonly Declaration[] = Object.keys(DECLARATIONS).filter(isDeclaration);

function isDeclaration(kind: string): kind is Declaration {
  return Object.hasOwn(DECLARATIONS, kind);
}
