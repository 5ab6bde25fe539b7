import { Button, Checkbox, Group, Modal, MultiSelect, Select, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { type CreatedKey, type Scope, useCreateKey } from "../../api/keys.js";
import { useModels } from "../../api/models.js";
import { useSession } from "../../api/session.js";
import { FailureNote } from "../../shell/note.js";
import { OrganisationSelect } from "../../shell/organisation-select.js";
import { KeyShown } from "./key-shown.js";

const scopes: readonly { readonly value: Scope; readonly label: string; readonly description: string }[] = [
  { value: "inference", label: "inference", description: "Call the model APIs" },
  { value: "usage", label: "usage", description: "Read usage" },
  { value: "admin", label: "admin", description: "Full access to this dashboard, including keys" },
];
const DAY_MS = 86_400_000;
const lifetimes = [
  { value: "1", label: "in 1 day" },
  { value: "30", label: "in 30 days" },
  { value: "90", label: "in 90 days" },
  { value: "365", label: "in 1 year" },
  { value: "never", label: "never" },
];

function isScope(text: string): text is Scope {
  return scopes.some(({ value }) => value === text);
}

interface CreateKeyProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** A form for a new key, and then the key itself: the dialog cannot be closed until the key is copied or discarded. */
export function CreateKey({ opened, onClose }: CreateKeyProps) {
  const [created, setCreated] = useState<CreatedKey>();
  const [copied, setCopied] = useState(false);
  const [warned, setWarned] = useState(false);
  const close = () => {
    setCreated(undefined);
    setCopied(false);
    setWarned(false);
    onClose();
  };
  const uncopied = created !== undefined && !copied;
  return (
    <Modal
      opened={opened}
      onClose={() => (uncopied ? setWarned(true) : close())}
      title={created ? "Save your key" : "Create key"}
      closeOnClickOutside={!created}
      withCloseButton={!uncopied}
    >
      {created ? (
        <KeyShown created={created} copied={copied} warned={warned} onCopied={() => setCopied(true)} onDone={close} />
      ) : (
        <KeyForm onCreated={setCreated} onCancel={close} />
      )}
    </Modal>
  );
}

interface KeyFormProps {
  readonly onCreated: (key: CreatedKey) => void;
  readonly onCancel: () => void;
}

function KeyForm({ onCreated, onCancel }: KeyFormProps) {
  const create = useCreateKey();
  const models = useModels();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<readonly Scope[]>(["inference"]);
  const [only, setOnly] = useState<string[]>([]);
  const [lifetime, setLifetime] = useState("90");
  const session = useSession().data;
  const [organisation, setOrganisation] = useState<string>();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === "" || chosen.length === 0) return;
    create.mutate(
      {
        name: name.trim(),
        scopes: chosen,
        ...(organisation === undefined ? {} : { organisation }),
        ...(only.length > 0 ? { models: only } : {}),
        ...(lifetime === "never" ? {} : { expires: new Date(Date.now() + Number(lifetime) * DAY_MS).toISOString() }),
      },
      { onSuccess: onCreated },
    );
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="The application or person that uses the key; shown in usage and in the audit log."
          placeholder="batch-summaries"
          required
          withAsterisk={false}
          maxLength={100}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Checkbox.Group
          label="Scopes"
          value={[...chosen]}
          onChange={(values) => setChosen(values.filter(isScope))}
          error={chosen.length === 0 ? "Select at least one scope" : undefined}
        >
          <Stack gap={6} mt={6}>
            {scopes.map(({ value, label, description }) => (
              <Checkbox key={value} value={value} label={label} description={description} />
            ))}
          </Stack>
        </Checkbox.Group>
        {chosen.includes("inference") && (
          <MultiSelect
            label="Models"
            placeholder={only.length === 0 ? "all models" : ""}
            data={models.data?.map((model) => model.name) ?? []}
            value={only}
            onChange={setOnly}
            clearable
            clearButtonProps={{ "aria-label": "Allow all models" }}
          />
        )}
        {session?.operator && (
          <OrganisationSelect
            label="Organisation"
            none={session.organisation}
            value={organisation}
            onChange={setOrganisation}
          />
        )}
        <Select
          label="Expires"
          data={lifetimes}
          value={lifetime}
          onChange={(value) => setLifetime(value ?? "never")}
          allowDeselect={false}
        />
        {create.isError && <FailureNote error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === "" || chosen.length === 0}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
