import { execFile } from "node:child_process";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { syncDirectory } from "./atomic-file.js";

const run = promisify(execFile);

/**
 * Makes everything below a directory durable, before the directory gets its final name: after a power failure the name must
 * not lead to incomplete files. With GNU coreutils one call syncs the file system; elsewhere each file is synced.
 */
export async function syncTree(directory: string): Promise<void> {
  if (process.platform === "linux") {
    const synced = await run("sync", ["-f", directory]).then(
      () => true,
      () => false,
    );
    if (synced) return;
  }
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await syncDirectory(path);
    else if (entry.isFile()) await syncFile(path);
  }
  await syncDirectory(directory);
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
