import { ActionIcon, Button, Menu, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { type Organisation, useOrganisations } from "../../api/organisations.js";
import { Filters } from "../../shell/filters.js";
import { MoreIcon, PlusIcon } from "../../shell/icons.js";
import { List } from "../../shell/list.js";
import { Page, Section } from "../../shell/page.js";
import { SearchField } from "../../shell/search-field.js";
import { Empty } from "../../shell/states.js";
import { Name, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { choice, FIRST_PAGE, useListPlace, useUrlState } from "../../shell/url-state.js";
import { When } from "../../shell/when.js";
import { CreateOrganisation } from "./create-organisation.js";
import { type OrganisationAct, OrganisationDialog, type RequestedAct } from "./organisation-dialog.js";
import styles from "./organisations-page.module.css";

const PAGE_SIZE = 50;

/** Organisations: create, search, and the way to their users, keys, usage and acts. */
export function OrganisationsPage() {
  const [creating, setCreating] = useState(false);
  const [requested, setRequested] = useState<RequestedAct>();
  return (
    <Page
      title="Organisations"
      lead="An organisation owns users, keys and usage. Its admins see nothing of another organisation."
      actions={
        <Button leftSection={<PlusIcon size={16} />} onClick={() => setCreating(true)}>
          Create organisation
        </Button>
      }
    >
      <Section title="All organisations" flush>
        <OrganisationList onRequest={setRequested} />
      </Section>
      <CreateOrganisation opened={creating} onClose={() => setCreating(false)} />
      <OrganisationDialog requested={requested} onClose={() => setRequested(undefined)} />
    </Page>
  );
}

/** The pages that show one organisation. */
const views = [
  { to: "/users", name: "Users" },
  { to: "/keys", name: "Keys" },
  { to: "/audit", name: "Audit log" },
] as const;

const acts = { rename: "Rename…", delete: "Delete…" } as const satisfies Record<OrganisationAct, string>;
const ACTS: readonly OrganisationAct[] = ["rename", "delete"];

function OrganisationList({ onRequest }: { readonly onRequest: (requested: RequestedAct) => void }) {
  const [parameters, setParameters] = useUrlState();
  const place = useListPlace();
  const status = choice(parameters.get("status"), ["active", "deleted"]);
  const organisations = useOrganisations({
    search: parameters.get("search") ?? undefined,
    status,
    after: place.after,
    limit: PAGE_SIZE,
  });
  return (
    <>
      <Filters>
        <SearchField label="Search organisations" placeholder="Name or id" />
        <SegmentedControl
          aria-label="Status"
          value={status}
          onChange={(next) => setParameters({ status: next === "active" ? undefined : next, ...FIRST_PAGE })}
          data={[
            { value: "active", label: "Active" },
            { value: "deleted", label: "Deleted" },
          ]}
        />
      </Filters>
      <List
        of="organisation"
        place={place}
        query={organisations}
        data={organisations.data && { ...organisations.data, rows: organisations.data.organisations }}
        empty={<Empty title="No organisation matches">Change the search.</Empty>}
      >
        {(rows) => (
          <Table
            columns={[
              "Name",
              "Id",
              status === "deleted" ? "Deleted" : "Created",
              "Show",
              { name: "Actions", hidden: true },
            ]}
          >
            {rows.map(({ id, name, created, deleted }) => (
              <tr key={id}>
                <th scope="row">
                  <Name>{name}</Name>
                </th>
                <td data-label="Id">
                  <code>{id}</code>
                </td>
                <td data-label={deleted === null ? "Created" : "Deleted"} className={table.soft}>
                  <When at={Date.parse(deleted ?? created)} />
                </td>
                <td data-label="Show">
                  <span className={styles.views}>
                    {views.map((view) => (
                      <Link
                        key={view.to}
                        to={`${view.to}?organisation=${encodeURIComponent(id)}`}
                        aria-label={`${view.name} of ${name}`}
                      >
                        {view.name}
                      </Link>
                    ))}
                  </span>
                </td>
                <td data-label="Actions" className={table.figure}>
                  {deleted === null && <Acts organisation={{ id, name }} onRequest={onRequest} />}
                </td>
              </tr>
            ))}
          </Table>
        )}
      </List>
    </>
  );
}

interface ActsProps {
  readonly organisation: Pick<Organisation, "id" | "name">;
  readonly onRequest: (requested: RequestedAct) => void;
}

function Acts({ organisation, onRequest }: ActsProps) {
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <ActionIcon aria-label={`Actions for ${organisation.name}`}>
          <MoreIcon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {ACTS.map((act) => (
          <Menu.Item key={act} onClick={() => onRequest({ act, organisation })}>
            {acts[act]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
