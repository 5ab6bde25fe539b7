import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "../../contracts/error.js";
import { writeAtomically } from "../../disk/atomic-file.js";
import { readdirIfPresent, readIfPresent } from "../../disk/read.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { type DrillResult, resultSchema } from "./result.js";

/** Results of drills, one directory each: `result.json`, `report.md`, `report.html`. */
export interface DrillStore {
  write(result: DrillResult): Promise<void>;
  writeReport(id: string, name: "report.md" | "report.html", text: string): Promise<void>;
  /** Newest first. */
  list(): Promise<DrillResult[]>;
  /** Throws `drill/unknown`. */
  read(id: string): Promise<DrillResult>;
  readReport(id: string, name: "report.md" | "report.html"): Promise<string>;
  directory(id: string): string;
}

const ID = /^[A-Za-z0-9._-]{1,100}$/;

export function drillStore(directory: string): DrillStore {
  const place = (id: string, name: string) => {
    if (!ID.test(id) || id.startsWith(".")) throw unknown(id);
    return join(directory, id, name);
  };
  const read = async (id: string): Promise<DrillResult> => {
    const text = await readIfPresent(place(id, "result.json"));
    const parsed = resultSchema.safeParse(text === undefined ? undefined : parseJson(text));
    if (!parsed.success) throw unknown(id);
    return parsed.data;
  };
  const write = async (id: string, name: string, text: string) => {
    await mkdir(join(directory, id), { recursive: true, mode: 0o700 });
    await writeAtomically(place(id, name), text);
  };
  return {
    directory: (id) => join(directory, id),
    write: (result) => write(result.id, "result.json", `${JSON.stringify(result, undefined, 1)}\n`),
    writeReport: write,
    read,
    async list() {
      const ids = ((await readdirIfPresent(directory)) ?? []).map(({ name }) => name);
      const found = await Promise.all(ids.map((id) => read(id).catch(unlessUnknown)));
      return found.filter((result) => result !== undefined).sort((a, b) => b.startedAt - a.startedAt);
    },
    async readReport(id, name) {
      const text = await readIfPresent(place(id, name));
      if (text === undefined) throw new KeelsonError("drill/unknown", `drill ${id} has no ${name} (yet)`);
      return text;
    },
  };
}

/** A directory without a result of this release (an older form, or a drill that has only started) is no drill. */
function unlessUnknown(error: unknown): undefined {
  if (error instanceof KeelsonError && error.code === "drill/unknown") return undefined;
  throw error;
}

function unknown(id: string): KeelsonError {
  return new KeelsonError("drill/unknown", `there is no drill ${id}`);
}
