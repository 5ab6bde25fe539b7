import type { SecretMount } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import type { FileMount } from "./service.js";

/** The folder, beside the Compose file, that holds one file per key. */
export const secretsFolder = "secrets";

function secretSource(secret: string, key: string): string {
  return `${secret}-${key}`;
}

export function secretMounts(mounts: readonly SecretMount[]): readonly FileMount[] {
  return mounts.flatMap((mount) =>
    [...mount.keys].sort().map((key) => ({
      source: secretSource(mount.secret, key),
      target: `${SECRETS_DIRECTORY}/${mount.directory}/${key}`,
    })),
  );
}

/** Every file that the services mount, named once at the end of the Compose file. */
export function secretFiles(mounts: readonly SecretMount[]): Readonly<Record<string, { readonly file: string }>> {
  const files = mounts.flatMap((mount) =>
    mount.keys.map(
      (key) => [secretSource(mount.secret, key), { file: `./${secretsFolder}/${mount.secret}/${key}` }] as const,
    ),
  );
  return Object.fromEntries(files.sort(([left], [right]) => (left < right ? -1 : 1)));
}
