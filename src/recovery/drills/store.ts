import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DrillList, DrillResult, ListedDrill, UnreadableDrill } from "../../contracts/drills.js";
import { writeAtomically } from "../../disk/atomic-file.js";
import { readdirIfPresent, readIfPresent, statIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { type ParsedResult, parseResult } from "./result-file.js";

/** Results of drills, one directory each: `result.json`, `report.md`, `report.html`. */
export interface DrillStore {
  write(result: DrillResult): Promise<void>;
  writeReport(id: string, name: "report.md" | "report.html", text: string): Promise<void>;
  /** Newest first, with the results that cannot be read and why. */
  list(): Promise<DrillList>;
  /** Throws `drill/unknown`, or `drill/unreadable` with the reason. */
  read(id: string): Promise<DrillResult>;
  /** A result with the SHA-256 of its file, in hexadecimal. Throws as `read` does. */
  evidence(id: string): Promise<{ readonly result: DrillResult; readonly sha256: string }>;
  /** Throws `drill/unknown`. */
  readReport(id: string, name: "report.md" | "report.html"): Promise<string>;
  directory(id: string): string;
}

/** One result in the list. */
interface Entry {
  /** Identifies the content of the file. */
  readonly version: string;
  readonly drill: ListedDrill | undefined;
  readonly unreadable: UnreadableDrill | undefined;
}

/** A drill without its time series and events. */
export function listedDrill({
  series: _series,
  writes: _writes,
  events: _events,
  ...listed
}: DrillResult): ListedDrill {
  return listed;
}

const ID = /^[A-Za-z0-9._-]{1,100}$/;

export function drillStore(directory: string): DrillStore {
  const file = (id: string, name: string) => {
    if (!ID.test(id) || id.startsWith(".")) throw unknown(id);
    return join(directory, id, name);
  };
  /** Undefined if there is no such file: the drill is still running, or the directory is not a drill's. */
  const parse = async (id: string): Promise<ParsedResult | undefined> => {
    try {
      const text = await readIfPresent(file(id, "result.json"));
      return text === undefined ? undefined : parseResult(text);
    } catch (error) {
      if (error instanceof KeelsonError && error.code === "file/unreadable")
        return { kind: "unreadable", why: error.message };
      throw error;
    }
  };
  /** What the list shows of each result. A file is read again only if it has changed. */
  const entries = new Map<string, Entry>();
  const entryOf = async (id: string): Promise<Entry | undefined> => {
    const found = await statIfPresent(file(id, "result.json"));
    if (found === undefined) return undefined;
    const version = `${found.ino} ${found.size} ${found.mtimeMs}`;
    const known = entries.get(id);
    if (known?.version === version) return known;
    const parsed = await parse(id);
    if (parsed === undefined) return undefined;
    const entry: Entry =
      parsed.kind === "result"
        ? { version, drill: listedDrill(parsed.result), unreadable: undefined }
        : { version, drill: undefined, unreadable: { id, why: parsed.why } };
    entries.set(id, entry);
    return entry;
  };
  const write = async (id: string, name: string, text: string) => {
    await mkdir(join(directory, id), { recursive: true, mode: 0o700 });
    await writeAtomically(file(id, name), text);
  };
  return {
    directory: (id) => join(directory, id),
    write: (result) => write(result.id, "result.json", `${JSON.stringify(result, undefined, 1)}\n`),
    writeReport: write,
    async read(id) {
      const parsed = await parse(id);
      if (parsed === undefined) throw unknown(id);
      if (parsed.kind === "unreadable") throw unreadable({ id, why: parsed.why });
      return parsed.result;
    },
    async evidence(id) {
      const text = await readIfPresent(file(id, "result.json"));
      if (text === undefined) throw unknown(id);
      const parsed = parseResult(text);
      if (parsed.kind === "unreadable") throw unreadable({ id, why: parsed.why });
      return { result: parsed.result, sha256: createHash("sha256").update(text).digest("hex") };
    },
    async list() {
      const found: Entry[] = [];
      const names = ((await readdirIfPresent(directory)) ?? []).map(({ name }) => name);
      for (const id of names) {
        const entry = ID.test(id) && !id.startsWith(".") ? await entryOf(id) : undefined;
        if (entry) found.push(entry);
      }
      for (const id of entries.keys()) if (!names.includes(id)) entries.delete(id);
      return {
        drills: found.flatMap(({ drill }) => drill ?? []).sort((a, b) => b.startedAt - a.startedAt),
        unreadable: found.flatMap(({ unreadable }) => unreadable ?? []),
      };
    },
    async readReport(id, name) {
      const text = await readIfPresent(file(id, name));
      if (text === undefined) throw new KeelsonError("drill/unknown", `drill ${id} has no ${name} (yet)`);
      return text;
    },
  };
}

function unknown(id: string): KeelsonError {
  return new KeelsonError("drill/unknown", `there is no drill ${id}`);
}

/** What to do about a result that cannot be read: its measurements are missing from the promise sheet. */
export function unreadable({ id, why }: UnreadableDrill): KeelsonError {
  return new KeelsonError("drill/unreadable", `the result of drill ${id} cannot be read: ${why}`, {
    hint: "run the drill again, or remove its directory: until then its measurements are missing from the promise sheet",
  });
}
