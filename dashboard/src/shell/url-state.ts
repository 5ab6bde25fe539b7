import { useCallback, useState } from "react";
import { useSearchParams } from "react-router";

/** Sets parameters of the page's address; undefined removes one. */
export type SetParameters = (values: Readonly<Record<string, string | undefined>>) => void;

/**
 * The state of a page in its address: it survives a reload, and a link shows the same page. A change replaces the entry in
 * the history, so that "back" leaves the page.
 */
export function useUrlState(): readonly [URLSearchParams, SetParameters] {
  const [search, setSearch] = useSearchParams();
  const set = useCallback<SetParameters>(
    (values) =>
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          for (const [name, value] of Object.entries(values)) {
            if (value === undefined || value === "") after.delete(name);
            else after.set(name, value);
          }
          return after;
        },
        { replace: true },
      ),
    [setSearch],
  );
  return [search, set];
}

/** The parameter if it is one of the choices, otherwise the first choice. */
export function choice<Choice extends string>(text: string | null, choices: readonly [Choice, ...Choice[]]): Choice {
  return choices.find((each) => each === text) ?? choices[0];
}

/** The parameter as a positive integer, otherwise 1. */
export function pageNumber(text: string | null): number {
  return text !== null && /^[1-9]\d{0,6}$/.test(text) ? Number(text) : 1;
}

/** The place in a list that the server returns in pages: the cursor and the number of the first row are in the address. */
export interface ListPlace {
  /** Cursor of the page: `next` of the page before; undefined for the first page. */
  readonly after: string | undefined;
  /** Number of the page's first row, from 1. */
  readonly first: number;
  /** Shows the page after `shown` rows of this one. */
  next(cursor: string, shown: number): void;
  /** Shows the page before; the first one if it is not known, because the page was opened by its address. */
  previous(): void;
}

/** Parameters that return a list to its first page, to be set together with a changed filter. */
export const FIRST_PAGE = { after: undefined, from: undefined } as const;

export function useListPlace(): ListPlace {
  const [search, set] = useUrlState();
  const [before, setBefore] = useState<readonly { readonly after: string | undefined; readonly first: number }[]>([]);
  const after = search.get("after") ?? undefined;
  const first = after === undefined ? 1 : pageNumber(search.get("from"));
  return {
    after,
    first,
    next: (cursor, shown) => {
      setBefore([...(after === undefined ? [] : before), { after, first }]);
      set({ after: cursor, from: String(first + shown) });
    },
    previous: () => {
      const last = before.at(-1);
      setBefore(before.slice(0, -1));
      set(last?.after === undefined ? FIRST_PAGE : { after: last.after, from: String(last.first) });
    },
  };
}
