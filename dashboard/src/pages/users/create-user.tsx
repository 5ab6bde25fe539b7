import { Button, Checkbox, Group, Modal, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type FormEvent, useState } from "react";
import { useSession } from "../../api/session.js";
import { type Role, type User, useCreateUser } from "../../api/users.js";
import { FailureNote } from "../../shell/note.js";
import { OrganisationSelect } from "../../shell/organisation-select.js";
import { RoleSelect } from "./role-select.js";

interface CreateUserProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** `linked`: a sign-in link was asked for. */
  readonly onCreated: (user: User, linked: boolean) => void;
}

/** A form for a new user, who signs in with a link. */
export function CreateUser({ opened, onClose, onCreated }: CreateUserProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Create user">
      <UserForm onCancel={onClose} onCreated={onCreated} />
    </Modal>
  );
}

interface UserFormProps {
  readonly onCancel: () => void;
  readonly onCreated: CreateUserProps["onCreated"];
}

function UserForm({ onCancel, onCreated }: UserFormProps) {
  const create = useCreateUser();
  const session = useSession().data;
  const owner = session?.role === "owner";
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [organisation, setOrganisation] = useState<string>();
  const [linked, setLinked] = useState(owner);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "") return;
    create.mutate(
      { name: name.trim(), role, ...(organisation === undefined ? {} : { organisation }) },
      {
        onSuccess: (user) => {
          notifications.show({ title: "User created", message: user.name });
          onCreated(user, linked);
        },
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="Shown in the audit log."
          placeholder="Ada Lovelace"
          maxLength={100}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <RoleSelect value={role} onChange={setRole} />
        {session?.operator && (
          <OrganisationSelect
            label="Organisation"
            none={session.organisation}
            value={organisation}
            onChange={setOrganisation}
          />
        )}
        {owner && (
          <Checkbox
            label="Then create a sign-in link"
            description="The user needs one to sign in for the first time."
            checked={linked}
            onChange={(event) => setLinked(event.currentTarget.checked)}
          />
        )}
        {create.isError && <FailureNote error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === ""}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
