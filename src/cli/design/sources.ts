import { dirname, join, resolve, sep } from "node:path";
import type { Sources } from "../../check/output/sarif.js";
import { statIfPresent } from "../../disk/read.js";

/**
 * The path of the platform file that findings name as `shown`, and the root of its Git repository: the nearest parent with a
 * `.git`, which is a file in a worktree and in a submodule.
 */
export async function sourcesOf(shown: string, path: string): Promise<Sources> {
  const root = await repositoryOf(dirname(path));
  return {
    root: root === undefined ? undefined : withSlashes(root),
    pathOf: (file) => withSlashes(file === shown ? path : resolve(file)),
  };
}

async function repositoryOf(folder: string): Promise<string | undefined> {
  const found = await statIfPresent(join(folder, ".git"));
  if (found) return folder;
  const parent = dirname(folder);
  return parent === folder ? undefined : repositoryOf(parent);
}

function withSlashes(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
