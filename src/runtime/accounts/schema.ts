import type { Generated } from "kysely";
import type { Role, Scope } from "../../contracts/authority.js";

/** The tables of this module, as its migrations create them. */
export interface AccountsSchema {
  organisations: { id: string; name: string; created: Generated<Date>; deleted: Generated<Date | null> };
  users: {
    id: string;
    organisation: string;
    name: string;
    role: Role;
    operator: Generated<boolean>;
    disabled: Generated<boolean>;
    created: Generated<Date>;
    deleted: Generated<Date | null>;
  };
  api_keys: {
    id: string;
    organisation: string;
    user_id: string | null;
    name: string;
    hash: string;
    prefix: string;
    scopes: Scope[];
    models: string[] | null;
    created: Generated<Date>;
    expires: Date | null;
    revoked: Date | null;
    last_used: Date | null;
    made_by: string | null;
    session_id: string | null;
  };
  sessions: {
    id: string;
    hash: string;
    organisation: string;
    user_id: string | null;
    key_id: string | null;
    created: Generated<Date>;
    expires: Date;
    made_by: string | null;
  };
  sign_in_links: {
    hash: string;
    organisation: string;
    user_id: string;
    created: Generated<Date>;
    expires: Date;
    made_by: string | null;
  };
  audit: {
    id: Generated<number>;
    organisation: string;
    at: Date;
    actor: string;
    act: string;
    subject: string;
    detail: string;
    previous: string;
    hash: string;
    keyed: Generated<boolean>;
    act_id: string | null;
  };
}
