import { Button, SegmentedControl, Select } from "@mantine/core";
import { useState } from "react";
import { type Key, type KeyOrder, useKeys } from "../../api/keys.js";
import { useSession } from "../../api/session.js";
import { Filters } from "../../shell/filters.js";
import { PlusIcon } from "../../shell/icons.js";
import { List } from "../../shell/list.js";
import { OrganisationSelect } from "../../shell/organisation-select.js";
import { Page, Section } from "../../shell/page.js";
import { SearchField } from "../../shell/search-field.js";
import { Empty } from "../../shell/states.js";
import { choice, FIRST_PAGE, useListPlace, useUrlState } from "../../shell/url-state.js";
import { CreateKey } from "./create-key.js";
import { KeyTable } from "./key-table.js";
import styles from "./keys-page.module.css";
import { RevokeKey } from "./revoke-key.js";

const PAGE_SIZE = 50;

const orders: readonly { readonly value: KeyOrder; readonly label: string }[] = [
  { value: "created", label: "Newest first" },
  { value: "name", label: "By name" },
  { value: "last-used", label: "Last used first" },
  { value: "expires", label: "Expiring first" },
];

/** API keys: create, search, revoke. Search, filter, order and page are in the address. */
export function KeysPage() {
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Key>();
  const create = (
    <Button leftSection={<PlusIcon size={16} />} onClick={() => setCreating(true)}>
      Create key
    </Button>
  );
  return (
    <Page
      title="Keys"
      lead="A key is shown only once; Keelson stores a hash of it. Revoking a key takes effect immediately on every replica."
      actions={create}
    >
      <Section title="All keys" flush>
        <KeyList onRevoke={setRevoking} />
      </Section>
      <CreateKey opened={creating} onClose={() => setCreating(false)} />
      <RevokeKey target={revoking} onClose={() => setRevoking(undefined)} />
    </Page>
  );
}

function KeyList({ onRevoke }: { readonly onRevoke: (key: Key) => void }) {
  const [parameters, setParameters] = useUrlState();
  const place = useListPlace();
  const operator = useSession().data?.operator === true;
  const search = parameters.get("search") ?? undefined;
  const status = choice(parameters.get("status"), ["active", "expired", "revoked", "all"]);
  const organisation = parameters.get("organisation") ?? undefined;
  const order = choice(parameters.get("order"), ["created", "name", "last-used", "expires"]);
  const keys = useKeys({
    search,
    status: status === "all" ? undefined : status,
    organisation,
    order,
    after: place.after,
    limit: PAGE_SIZE,
  });
  const filtered = search !== undefined || status !== "active" || organisation !== undefined;
  return (
    <>
      <Filters>
        <SearchField label="Search keys" placeholder="Name, id or first characters" />
        <SegmentedControl
          aria-label="Status"
          value={status}
          onChange={(next) => setParameters({ status: next === "active" ? undefined : next, ...FIRST_PAGE })}
          data={[
            { value: "active", label: "Active" },
            { value: "expired", label: "Expired" },
            { value: "revoked", label: "Revoked" },
            { value: "all", label: "All" },
          ]}
        />
        {operator && (
          <OrganisationSelect
            aria-label="Organisation"
            none="All organisations"
            value={organisation}
            onChange={(next) => setParameters({ organisation: next, ...FIRST_PAGE })}
          />
        )}
        <Select
          aria-label="Order"
          className={styles.order}
          data={orders}
          value={order}
          allowDeselect={false}
          onChange={(next) =>
            setParameters({ order: next === "created" ? undefined : (next ?? undefined), ...FIRST_PAGE })
          }
        />
      </Filters>
      <List
        of="key"
        place={place}
        query={keys}
        data={keys.data && { ...keys.data, rows: keys.data.keys }}
        empty={
          filtered ? (
            <Empty title="No key matches">Change the search or the filters.</Empty>
          ) : (
            <Empty title="No active keys">Create a key with the scope inference to call the model APIs.</Empty>
          )
        }
      >
        {(rows) => <KeyTable keys={rows} mixed={status === "all"} onRevoke={onRevoke} />}
      </List>
    </>
  );
}
