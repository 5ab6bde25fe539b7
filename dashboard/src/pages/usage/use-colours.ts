import { useMemo } from "react";
import { z } from "zod";
import { readTab, writeTab } from "../../api/tab-storage.js";
import type { UsageGroup } from "../../api/usage.js";
import { assignColours, type Colours } from "./colours.js";

const stored = z.record(z.string(), z.int().nonnegative());
/** Names whose colours are remembered; the colours of others are forgotten. */
const MAX_REMEMBERED = 500;

/** The colours of the shown series, remembered for this tab. */
export function useColours(group: UsageGroup, names: readonly string[], colours: number): Colours {
  const list = names.join("\n");
  return useMemo(() => {
    const place = `colours.${group}`;
    const before = new Map(
      Object.entries(readTab(place, stored) ?? {}).map(([name, index]) => [name, index % colours]),
    );
    const assigned = assignColours(list === "" ? [] : list.split("\n"), before, colours);
    writeTab(place, Object.fromEntries([...assigned].slice(-MAX_REMEMBERED)));
    return assigned;
  }, [group, list, colours]);
}
