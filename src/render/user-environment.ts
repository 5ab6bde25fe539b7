import { DATA_DIRECTORY } from "../plan/directories.js";
import type { Volume } from "../plan/plan.js";

/**
 * Variables of the user for images other than Keelson's. User 1001 has no entry in their `/etc/passwd`: without `HOME` programs
 * write caches to `/`, and without `USER` Python's `getpass.getuser()` raises `KeyError`, for example when PyTorch is imported.
 */
export function userEnvironment(volumes: readonly Volume[]): Readonly<Record<string, string>> {
  const home = volumes.some((volume) => volume.mount === DATA_DIRECTORY) ? DATA_DIRECTORY : "/tmp";
  return { HOME: home, USER: "keelson" };
}
