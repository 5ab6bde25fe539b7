import { Button, SegmentedControl, Select } from "@mantine/core";
import { useState } from "react";
import { ROLES } from "../../../../src/contracts/authority.js";
import { useSession } from "../../api/session.js";
import { useUsers } from "../../api/users.js";
import { Filters } from "../../shell/filters.js";
import { PlusIcon } from "../../shell/icons.js";
import { List } from "../../shell/list.js";
import { OrganisationSelect } from "../../shell/organisation-select.js";
import { Page, Section } from "../../shell/page.js";
import { SearchField } from "../../shell/search-field.js";
import { Empty } from "../../shell/states.js";
import { choice, FIRST_PAGE, useListPlace, useUrlState } from "../../shell/url-state.js";
import { CreateUser } from "./create-user.js";
import { SignInLink } from "./sign-in-link.js";
import type { Requested } from "./user-acts.js";
import { UserDialog } from "./user-dialog.js";
import { UserTable } from "./user-table.js";

const PAGE_SIZE = 50;

/** Users: create, search, sign-in links, roles, disable. Search, filters and page are in the address. */
export function UsersPage() {
  const [creating, setCreating] = useState(false);
  const [requested, setRequested] = useState<Requested>();
  const close = () => setRequested(undefined);
  return (
    <Page
      title="Users"
      lead="Members use keys of their own, admins manage users and keys, owners also create sign-in links."
      actions={
        <Button leftSection={<PlusIcon size={16} />} onClick={() => setCreating(true)}>
          Create user
        </Button>
      }
    >
      <Section title="All users" flush>
        <UserList onRequest={setRequested} />
      </Section>
      <CreateUser
        opened={creating}
        onClose={() => setCreating(false)}
        onCreated={(user, linked) => {
          setCreating(false);
          if (linked) setRequested({ act: "link", user });
        }}
      />
      <SignInLink user={requested?.act === "link" ? requested.user : undefined} onClose={close} />
      <UserDialog requested={requested?.act === "link" ? undefined : requested} onClose={close} />
    </Page>
  );
}

function UserList({ onRequest }: { readonly onRequest: (requested: Requested) => void }) {
  const [parameters, setParameters] = useUrlState();
  const place = useListPlace();
  const operator = useSession().data?.operator === true;
  const search = parameters.get("search") ?? undefined;
  const status = choice(parameters.get("status"), ["all", "active", "disabled", "deleted"]);
  const role = ROLES.find((each) => each === parameters.get("role"));
  const organisation = parameters.get("organisation") ?? undefined;
  const users = useUsers({
    ...{ search, role, organisation, after: place.after, limit: PAGE_SIZE },
    status: status === "all" ? undefined : status,
  });
  const set = (name: string, value: string | undefined) => setParameters({ [name]: value, ...FIRST_PAGE });
  return (
    <>
      <Filters>
        <SearchField label="Search users" placeholder="Name or id" />
        <SegmentedControl
          aria-label="Status"
          value={status}
          onChange={(next) => set("status", next === "all" ? undefined : next)}
          data={[
            { value: "all", label: "All" },
            { value: "active", label: "Active" },
            { value: "disabled", label: "Disabled" },
            { value: "deleted", label: "Deleted" },
          ]}
        />
        <Select
          aria-label="Role"
          placeholder="All roles"
          clearable
          clearButtonProps={{ "aria-label": "All roles" }}
          data={[...ROLES]}
          value={role ?? null}
          onChange={(next) => set("role", next ?? undefined)}
        />
        {operator && (
          <OrganisationSelect
            aria-label="Organisation"
            none="All organisations"
            value={organisation}
            onChange={(next) => set("organisation", next)}
          />
        )}
      </Filters>
      <List
        of="user"
        place={place}
        query={users}
        data={users.data && { ...users.data, rows: users.data.users }}
        empty={<Empty title="No user matches">Change the search or the filters.</Empty>}
      >
        {(rows) => <UserTable users={rows} onRequest={onRequest} />}
      </List>
    </>
  );
}
