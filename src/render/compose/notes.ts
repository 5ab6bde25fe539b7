import type { Entrance, Plan } from "../../plan/plan.js";
import { storeTraits } from "../../plan/stores/index.js";
import { modelNotes } from "../model-notes.js";
import { secretNotes } from "../secret-notes.js";
import { managedBackupNotes } from "../stores/backup-notes.js";
import { runsAsContainers } from "../stores/containers.js";
import { serverNotes } from "../stores/index.js";
import type { Note } from "../target.js";
import { unwritten } from "../unwritten.js";
import { entranceUnits } from "./networks.js";
import { keepsFiles, unitVolumes } from "./unit-service.js";

/** What the Plan asks for and one machine with Compose does not carry out, said once and with its place. */
export function notesOn(plan: Plan): readonly Note[] {
  return [
    ...unitNotes(plan),
    ...modelNotes(plan),
    ...storeNotes(plan),
    ...entranceNotes(plan),
    ...secretNotes(plan),
    ...unwritten(plan),
  ];
}

function unitNotes(plan: Plan): readonly Note[] {
  const published = new Set(entranceUnits(plan));
  return plan.units.flatMap((unit) => {
    const notes: Note[] = [];
    if (unit.replicas.max > unit.replicas.min)
      notes.push({
        path: `${unit.path}.replicas`,
        message: `${unit.name}: Compose scales nothing; ${unit.replicas.min} run`,
      });
    if (published.has(unit.name) && unit.replicas.min > 1)
      notes.push({ path: `${unit.path}.replicas`, message: `${unit.name}: one replica holds the published port` });
    else if (keepsFiles(unit) && unit.replicas.min > 1)
      notes.push({ path: `${unit.path}.replicas`, message: `${unit.name}: one replica runs, which keeps the volumes` });
    const paths = Object.values(unitVolumes(unit)).join(" ");
    if (unit.modules.length === 0 && paths !== "")
      notes.push({
        path: `${unit.path}.volumes`,
        message: `${unit.name}: user 1001 writes to ${paths} where its image lets it, or after \`docker compose run --rm --no-deps --user 0:0 --cap-add CHOWN --entrypoint chown ${unit.name} 1001:1001 ${paths}\`${unit.replicas.min > 1 && !published.has(unit.name) ? "; its replicas share it" : ""}`,
      });
    if (unit.sidecars.length > 0)
      notes.push({ path: unit.path, message: `${unit.name}: sidecars are not run by this target` });
    if (unit.resources.gpu.count > 0)
      notes.push({ path: unit.path, message: `${unit.name}: no GPU is reserved by this target` });
    return notes;
  });
}

function storeNotes(plan: Plan): readonly Note[] {
  return plan.stores.flatMap((store) => {
    if (store.provider.kind === "managed")
      return [
        { path: store.path, message: `${store.name} is ${store.provider.product}: put its address into its secret` },
        ...managedBackupNotes(store),
      ];
    if (!runsAsContainers(store))
      return [{ path: store.path, message: `${store.name} is a folder: not run by Compose` }];
    const notes: Note[] = [...serverNotes(store)];
    const { full, log, snapshot, path } = store.backups;
    if (full || log || snapshot)
      notes.push({ path, message: `backups of ${store.name} are not written by this target` });
    if (storeTraits(store).servers > 1)
      notes.push({ path: store.path, message: `${store.name}: one server runs, not ${storeTraits(store).servers}` });
    return notes;
  });
}

function entranceNotes(plan: Plan): readonly Note[] {
  return plan.entrances
    .filter((entrance) => entrance.tls !== undefined || entrance.host !== undefined)
    .map((entrance) => ({
      path: entrance.path,
      message: `${entrance.name}: published on this machine's loopback only, without ${missingAt(entrance)}`,
    }));
}

function missingAt({ waf, dns, cdn, affinity }: Entrance): string {
  const missing = [
    "TLS",
    ...(dns === "none" ? [] : ["a DNS record"]),
    ...(waf === "none" ? [] : ["a WAF"]),
    ...(cdn ? ["a content network"] : []),
    ...(affinity === "none" ? [] : ["affinity"]),
  ];
  return missing.length === 1 ? "TLS" : `${missing.slice(0, -1).join(", ")} or ${missing.at(-1)}`;
}
