import { Button, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { type Key, type KeyOrder, useKeys } from "../../api/keys.js";
import { Filters } from "../../shell/filters.js";
import { PlusIcon, SearchIcon } from "../../shell/icons.js";
import { Page, Section } from "../../shell/page.js";
import { Pager } from "../../shell/pager.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { choice, FIRST_PAGE, useListPlace, useUrlState } from "../../shell/url-state.js";
import { CreateKey } from "./create-key.js";
import { KeyTable } from "./key-table.js";
import styles from "./keys-page.module.css";
import { RevokeKey } from "./revoke-key.js";

const PAGE_SIZE = 50;
const SEARCH_DELAY_MS = 250;

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
      <Section title="API keys" flush>
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
  const search = parameters.get("search") ?? undefined;
  const status = choice(parameters.get("status"), ["active", "expired", "revoked", "all"]);
  const order = choice(parameters.get("order"), ["created", "name", "last-used", "expires"]);
  const [text, setText] = useState(search ?? "");
  const find = useDebouncedCallback(
    (wanted: string) => setParameters({ search: wanted.trim(), ...FIRST_PAGE }),
    SEARCH_DELAY_MS,
  );
  const keys = useKeys({
    search,
    status: status === "all" ? undefined : status,
    order,
    after: place.after,
    limit: PAGE_SIZE,
  });
  return (
    <>
      <Filters>
        <TextInput
          aria-label="Search keys"
          placeholder="Name, id or first characters"
          leftSection={<SearchIcon size={16} />}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            find(event.currentTarget.value);
          }}
        />
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
      {keys.isPending && (
        <div className={styles.inner}>
          <Loading rows={5} what="the keys" />
        </div>
      )}
      {keys.isError && !keys.data && (
        <div className={styles.inner}>
          <Failure what="The keys could not be read" error={keys.error} onRetry={() => keys.refetch()} />
        </div>
      )}
      {keys.data?.keys.length === 0 && (
        <div className={styles.inner}>
          {search === undefined && status === "active" ? (
            <Empty title="No active keys">Create a key with the scope inference to call the model APIs.</Empty>
          ) : (
            <Empty title="No key matches">Change the search or the status.</Empty>
          )}
        </div>
      )}
      {keys.data && keys.data.keys.length > 0 && <KeyTable keys={keys.data.keys} onRevoke={onRevoke} />}
      {keys.data && keys.data.total > 0 && (
        <Pager
          of="key"
          first={place.first}
          shown={keys.data.keys.length}
          total={keys.data.total}
          onPrevious={place.after === undefined ? undefined : place.previous}
          onNext={nextOf(keys.data.next, keys.data.keys.length, place.next)}
        />
      )}
    </>
  );
}

function nextOf(cursor: string | null, shown: number, next: (cursor: string, shown: number) => void) {
  return cursor === null ? undefined : () => next(cursor, shown);
}
