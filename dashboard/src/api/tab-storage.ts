import type { z } from "zod";
import { parseJson } from "../../../src/contracts/error.js";

/**
 * Values that survive a reload and navigation in this tab, and end with the tab or the session: `sessionStorage`, which no
 * other site and no other tab can read. A browser that refuses storage keeps nothing, and every value is parsed when read.
 */
const PREFIX = "keelson.";

const clearListeners = new Set<() => void>();

export function readTab<Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> | undefined {
  try {
    const text = sessionStorage.getItem(PREFIX + name);
    return text === null ? undefined : schema.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}

export function writeTab(name: string, value: unknown): void {
  try {
    if (value === undefined) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // No storage, or it is full: the value is lost on reload, as without this module.
  }
}

/** Calls back when the values are removed, so that copies in memory are removed as well. */
export function onTabCleared(listener: () => void): void {
  clearListeners.add(listener);
}

/** Removes every value: another user may continue in this tab. */
export function clearTabStorage(): void {
  try {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  } catch {
    // No storage: nothing was stored.
  }
  for (const listener of clearListeners) listener();
}
