import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import { type Organisation, useDeleteOrganisation, useRenameOrganisation } from "../../api/organisations.js";
import { FailureNote } from "../../shell/note.js";

export type OrganisationAct = "rename" | "delete";

export interface RequestedAct {
  readonly act: OrganisationAct;
  readonly organisation: Pick<Organisation, "id" | "name">;
}

interface OrganisationDialogProps {
  readonly requested: RequestedAct | undefined;
  readonly onClose: () => void;
}

/** Renames an organisation, or deletes it after its id was typed. */
export function OrganisationDialog({ requested, onClose }: OrganisationDialogProps) {
  const name = requested?.organisation.name ?? "";
  return (
    <Modal
      opened={requested !== undefined}
      onClose={onClose}
      title={requested?.act === "delete" ? `Delete ${name}?` : `Rename ${name}`}
    >
      {requested?.act === "rename" && <Rename organisation={requested.organisation} onDone={onClose} />}
      {requested?.act === "delete" && <Delete organisation={requested.organisation} onDone={onClose} />}
    </Modal>
  );
}

interface FormProps {
  readonly organisation: RequestedAct["organisation"];
  readonly onDone: () => void;
}

function Rename({ organisation, onDone }: FormProps) {
  const rename = useRenameOrganisation();
  const [name, setName] = useState(organisation.name);
  const wanted = name.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted === "") return;
    rename.mutate({ id: organisation.id, name: wanted }, { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description={`The id ${organisation.id} stays.`}
          maxLength={100}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {rename.isError && <FailureNote error={rename.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={rename.isPending} disabled={wanted === "" || wanted === organisation.name}>
            Rename
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Delete({ organisation: { id, name }, onDone }: FormProps) {
  const remove = useDeleteOrganisation();
  const [typed, setTyped] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed !== id) return;
    remove.mutate(id, {
      onSuccess: () => {
        notifications.show({ title: "Organisation deleted", message: name });
        onDone();
      },
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <p>
          Its users, sessions and sign-in links end, and all of its keys are revoked, permanently. Its usage and audit
          log stay readable; its id is not used again.
        </p>
        <TextInput
          label={`Type ${id} to confirm`}
          autoComplete="off"
          data-autofocus
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {remove.isError && <FailureNote error={remove.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" color="red.8" loading={remove.isPending} disabled={typed !== id}>
            Delete organisation
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
