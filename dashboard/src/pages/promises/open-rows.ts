import { useUrlState } from "../../shell/url-state.js";

/** Which rows and folds are expanded, in the address: a link shows the same, and turning a phone does not collapse them. */
export interface OpenRows {
  isOpen(key: string): boolean;
  toggle(key: string): void;
}

/** Keys are separated by commas, which names in a platform file do not contain. */
const SEPARATOR = ",";

export function useOpenRows(): OpenRows {
  const [parameters, setParameters] = useUrlState();
  const open = new Set((parameters.get("open") ?? "").split(SEPARATOR).filter((key) => key !== ""));
  return {
    isOpen: (key) => open.has(key),
    toggle: (key) => {
      const after = new Set(open);
      if (!after.delete(key)) after.add(key);
      setParameters({ open: [...after].join(SEPARATOR) });
    },
  };
}

/** The key of a row's details, as opposed to the key of a fold. */
export function rowKey({ fault, subject }: { readonly fault: string; readonly subject: string }): string {
  return `${fault}/${subject}`;
}

/** The key of a fold's rows. */
export function foldKey(key: string): string {
  return `all:${key}`;
}
