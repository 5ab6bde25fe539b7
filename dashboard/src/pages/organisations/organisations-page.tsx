import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { useOrganisations } from "../../api/organisations.js";
import { Filters } from "../../shell/filters.js";
import { PlusIcon } from "../../shell/icons.js";
import { List } from "../../shell/list.js";
import { Page, Section } from "../../shell/page.js";
import { SearchField } from "../../shell/search-field.js";
import { Empty } from "../../shell/states.js";
import { Name, Table } from "../../shell/table.js";
import table from "../../shell/table.module.css";
import { useListPlace, useUrlState } from "../../shell/url-state.js";
import { When } from "../../shell/when.js";
import { CreateOrganisation } from "./create-organisation.js";
import styles from "./organisations-page.module.css";

const PAGE_SIZE = 50;

/** Organisations: create, search, and the way to their users, keys, usage and acts. */
export function OrganisationsPage() {
  const [creating, setCreating] = useState(false);
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
        <OrganisationList />
      </Section>
      <CreateOrganisation opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}

/** The pages that show one organisation. */
const views = [
  { to: "/users", name: "Users" },
  { to: "/keys", name: "Keys" },
  { to: "/audit", name: "Audit log" },
] as const;

function OrganisationList() {
  const [parameters] = useUrlState();
  const place = useListPlace();
  const organisations = useOrganisations({
    search: parameters.get("search") ?? undefined,
    after: place.after,
    limit: PAGE_SIZE,
  });
  return (
    <>
      <Filters>
        <SearchField label="Search organisations" placeholder="Name or id" />
      </Filters>
      <List
        of="organisation"
        place={place}
        query={organisations}
        data={organisations.data && { ...organisations.data, rows: organisations.data.organisations }}
        empty={<Empty title="No organisation matches">Change the search.</Empty>}
      >
        {(rows) => (
          <Table columns={["Name", "Id", "Created", "Show"]}>
            {rows.map(({ id, name, created }) => (
              <tr key={id}>
                <th scope="row">
                  <Name>{name}</Name>
                </th>
                <td data-label="Id">
                  <code>{id}</code>
                </td>
                <td data-label="Created" className={table.soft}>
                  <When at={Date.parse(created)} />
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
              </tr>
            ))}
          </Table>
        )}
      </List>
    </>
  );
}
