import type { SecretMount } from "../../plan/plan.js";
import { SECRETS_DIRECTORY } from "../../plan/variables.js";
import type { FileMount } from "./service.js";

/** The folder beside the Compose file with one file per key. */
export const SECRETS_FOLDER = "secrets";

/** The names of secrets have no dots, so the key `b-c` of `a` and the key `c` of `a-b` are two. */
function secretSource(secret: string, key: string): string {
  return `${secret}.${key}`;
}

export function secretMounts(mounts: readonly SecretMount[]): readonly FileMount[] {
  return mounts.flatMap((mount) =>
    [...mount.keys].sort().map((key) => ({
      source: secretSource(mount.secret, key),
      target: `${SECRETS_DIRECTORY}/${mount.directory}/${key}`,
    })),
  );
}

/** The top-level `secrets` of the Compose file: every file that a service mounts, once. */
export function secretFiles(mounts: readonly SecretMount[]): Readonly<Record<string, { readonly file: string }>> {
  const files = mounts.flatMap((mount) =>
    mount.keys.map(
      (key) => [secretSource(mount.secret, key), { file: `./${SECRETS_FOLDER}/${mount.secret}/${key}` }] as const,
    ),
  );
  return Object.fromEntries(files.sort(([left], [right]) => (left < right ? -1 : 1)));
}
