import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { type Role, type User, useChangeUser, useDeleteUser, useSignOutUser } from "../../api/users.js";
import { plural } from "../../format.js";
import { FailureNote } from "../../shell/note.js";
import { RoleSelect } from "./role-select.js";
import type { Requested, UserAct } from "./user-acts.js";

type ConfirmedAct = Exclude<UserAct, "link">;

interface Words {
  readonly title: (name: string) => string;
  /** What happens besides. */
  readonly effect: string;
  readonly button: string;
}

const words = {
  rename: { title: (name) => `Rename ${name}`, effect: "", button: "Rename" },
  role: {
    title: (name) => `Change the role of ${name}`,
    effect: "The user is signed out everywhere, and signs in again with the new role.",
    button: "Change role",
  },
  "sign-out": {
    title: (name) => `Sign ${name} out everywhere?`,
    effect: "All sessions and unused sign-in links of the user end now. Keys remain valid.",
    button: "Sign out",
  },
  disable: {
    title: (name) => `Disable ${name}?`,
    effect:
      "The user cannot sign in; sessions and sign-in links end now. All keys of the user are revoked permanently: enabling the user again does not restore them.",
    button: "Disable and revoke keys",
  },
  enable: {
    title: (name) => `Enable ${name}?`,
    effect: "The user can sign in again with a new link. Revoked keys remain revoked.",
    button: "Enable",
  },
  delete: {
    title: (name) => `Delete ${name}?`,
    effect:
      "Permanently: sessions and sign-in links end now, and all keys of the user are revoked. Usage and audit log keep the name.",
    button: "Delete and revoke keys",
  },
} as const satisfies Record<ConfirmedAct, Words>;

interface UserDialogProps {
  readonly requested: Requested | undefined;
  readonly onClose: () => void;
}

/** Asks for what an act needs, states its effects, and carries it out. */
export function UserDialog({ requested, onClose }: UserDialogProps) {
  const act = requested?.act === "link" ? undefined : requested?.act;
  return (
    <Modal
      opened={act !== undefined}
      onClose={onClose}
      title={act === undefined ? "" : words[act].title(requested?.user.name ?? "")}
    >
      {requested && act && <Confirmation act={act} user={requested.user} onDone={onClose} />}
    </Modal>
  );
}

interface ConfirmationProps {
  readonly act: ConfirmedAct;
  readonly user: User;
  readonly onDone: () => void;
}

function Confirmation({ act, user, onDone }: ConfirmationProps) {
  const [role, setRole] = useState<Role>(user.role);
  const [name, setName] = useState(user.name);
  const change = useChangeUser();
  const signOut = useSignOutUser();
  const remove = useDeleteUser();
  const error = change.error ?? signOut.error ?? remove.error;
  const unchanged =
    (act === "role" && role === user.role) || (act === "rename" && ["", user.name].includes(name.trim()));
  const done = (title: string) => {
    notifications.show({ title, message: user.name });
    onDone();
  };
  const confirm = () => {
    const { id } = user;
    switch (act) {
      case "rename":
        return change.mutate({ id, name: name.trim() }, { onSuccess: () => done(`Renamed to ${name.trim()}`) });
      case "role":
        return change.mutate({ id, role }, { onSuccess: () => done(`Role changed to ${role}`) });
      case "disable":
        return change.mutate({ id, disabled: true }, { onSuccess: () => done("User disabled") });
      case "enable":
        return change.mutate({ id, disabled: false }, { onSuccess: () => done("User enabled") });
      case "delete":
        return remove.mutate(id, { onSuccess: () => done("User deleted") });
      case "sign-out":
        return signOut.mutate(id, { onSuccess: ({ ended }) => done(`${plural(ended, "session")} ended`) });
    }
  };
  return (
    <Stack gap="md">
      {act === "rename" && (
        <TextInput
          label="Name"
          maxLength={100}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      {act === "role" && <RoleSelect value={role} onChange={setRole} />}
      {words[act].effect !== "" && <p>{words[act].effect}</p>}
      {error && <FailureNote error={error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onDone} data-autofocus={act !== "rename" || undefined}>
          Cancel
        </Button>
        <Button
          {...(act === "disable" || act === "delete" ? { color: "red.8" } : {})}
          loading={change.isPending || signOut.isPending || remove.isPending}
          disabled={unchanged}
          onClick={confirm}
        >
          {words[act].button}
        </Button>
      </Group>
    </Stack>
  );
}
