import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { SearchIcon } from "./icons.js";
import { FIRST_PAGE, useUrlState } from "./url-state.js";

const SEARCH_DELAY_MS = 250;

interface SearchFieldProps {
  /** `Search keys`. */
  readonly label: string;
  /** What is searched: `Name, id or first characters`. */
  readonly placeholder: string;
}

/** The search of a list: the parameter `search` of the page's address. */
export function SearchField({ label, placeholder }: SearchFieldProps) {
  const [parameters, setParameters] = useUrlState();
  const [text, setText] = useState(parameters.get("search") ?? "");
  const find = useDebouncedCallback(
    (wanted: string) => setParameters({ search: wanted.trim(), ...FIRST_PAGE }),
    SEARCH_DELAY_MS,
  );
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={placeholder}
      leftSection={<SearchIcon size={16} />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        find(event.currentTarget.value);
      }}
    />
  );
}
