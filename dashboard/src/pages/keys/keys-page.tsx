import { Button } from "@mantine/core";
import { useState } from "react";
import { type Key, useKeys } from "../../api/keys.js";
import { PlusIcon } from "../../shell/icons.js";
import { Page, Section } from "../../shell/page.js";
import { Empty, Failure, Loading } from "../../shell/states.js";
import { CreateKey } from "./create-key.js";
import { KeyTable } from "./key-table.js";
import { RevokeKey } from "./revoke-key.js";

/** API keys: create, list, revoke. */
export function KeysPage() {
  const keys = useKeys();
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
      {keys.isPending && <Loading rows={5} what="the keys" />}
      {keys.isError && !keys.data && (
        <Failure what="The keys could not be read" error={keys.error} onRetry={() => keys.refetch()} />
      )}
      {keys.data?.length === 0 && (
        <Empty title="No keys" action={create}>
          Create a key with the scope inference to call the model APIs.
        </Empty>
      )}
      {keys.data && keys.data.length > 0 && (
        <Section title="API keys" flush>
          <KeyTable keys={keys.data} onRevoke={setRevoking} />
        </Section>
      )}
      <CreateKey opened={creating} onClose={() => setCreating(false)} />
      <RevokeKey target={revoking} onClose={() => setRevoking(undefined)} />
    </Page>
  );
}
