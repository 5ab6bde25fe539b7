import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import { organisationId } from "../../../../src/contracts/fields.js";
import { useCreateOrganisation } from "../../api/organisations.js";
import { FailureNote } from "../../shell/note.js";

interface CreateOrganisationProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** A form for a new organisation. Its id is permanent, so the form suggests one from the name and lets the user change it. */
export function CreateOrganisation({ opened, onClose }: CreateOrganisationProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Create organisation" keepMounted={false}>
      <OrganisationForm onDone={onClose} />
    </Modal>
  );
}

function OrganisationForm({ onDone }: { readonly onDone: () => void }) {
  const create = useCreateOrganisation();
  const [name, setName] = useState("");
  const [ownId, setOwnId] = useState<string>();
  const id = ownId ?? idFrom(name);
  const valid = organisationId.safeParse(id).success;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!valid) return;
    create.mutate(
      { id, ...(name.trim() === "" ? {} : { name: name.trim() }) },
      {
        onSuccess: (created) => {
          notifications.show({ title: "Organisation created", message: created.name });
          onDone();
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Name"
          placeholder="Research"
          maxLength={100}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Id"
          description="Used in the API and in reports; it cannot be changed later."
          placeholder="research"
          maxLength={63}
          value={id}
          onChange={(event) => setOwnId(event.currentTarget.value)}
          error={id !== "" && !valid ? "Lower-case letters, digits and inner dashes" : undefined}
        />
        {create.isError && <FailureNote error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={!valid}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** `Ligne Bleue GmbH` → `ligne-bleue-gmbh`. */
function idFrom(name: string): string {
  return name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replace(/^-|-$/g, "");
}
