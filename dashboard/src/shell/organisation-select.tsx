import { Select, type SelectProps } from "@mantine/core";
import { useState } from "react";
import { useOrganisations } from "../api/organisations.js";

const MAX_SUGGESTIONS = 50;

type OrganisationSelectProps = Pick<SelectProps, "label" | "aria-label"> & {
  readonly value: string | undefined;
  /** Undefined: none is selected. */
  readonly onChange: (organisation: string | undefined) => void;
  /** What an empty selection means: `All organisations`. */
  readonly none: string;
};

/** One of the organisations of the platform, found by name or id. For operators: others see only their own. */
export function OrganisationSelect({ value, onChange, none, ...props }: OrganisationSelectProps) {
  const [text, setText] = useState("");
  // The field also reports the text of the selected organisation, which is no search.
  const search = text === value ? "" : text;
  const found = useOrganisations({ search, limit: MAX_SUGGESTIONS }).data?.organisations ?? [];
  const names = new Map(found.map(({ id, name }) => [id, name]));
  const ids = [...names.keys()];
  return (
    <Select
      {...props}
      placeholder={none}
      // The text of an option must not depend on what was found: the field would change it, and search for the new text.
      data={value === undefined || names.has(value) ? ids : [value, ...ids]}
      renderOption={({ option }) =>
        names.has(option.value) ? `${names.get(option.value)} (${option.value})` : option.value
      }
      searchable
      clearable
      clearButtonProps={{ "aria-label": none }}
      nothingFoundMessage="No organisation matches"
      onSearchChange={setText}
      // The server has searched names and ids.
      filter={({ options: all }) => all}
      value={value ?? null}
      onChange={(next) => onChange(next ?? undefined)}
    />
  );
}
