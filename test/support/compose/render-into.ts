import { randomBytes } from "node:crypto";
import { readFolder, writeChanges, writeMissingSecrets } from "../../../src/cli/deploy/rendered-folder.js";
import type { Plan } from "../../../src/plan/plan.js";
import { decideChanges } from "../../../src/render/changes.js";
import { targets } from "../../../src/render/targets.js";

/** The same as `keelson render -t compose -o FOLDER`. */
export async function renderInto(folder: string, plan: Plan): Promise<void> {
  const { files, secrets } = targets.compose.render(plan);
  await writeChanges(folder, decideChanges(files, await readFolder(folder, files), false));
  await writeMissingSecrets(folder, secrets, (bytes) => randomBytes(bytes).toString("base64url"));
}
