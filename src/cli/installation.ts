import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Directories of this installation. This file stays beside `main.ts`: the build bundles commands into files of that folder,
 * so a path relative to a file in a subfolder would depend on whether the file is bundled.
 */

/** The compiled program (`dist`), or its sources when they run uncompiled. */
export const PROGRAM = dirname(dirname(fileURLToPath(import.meta.url)));

/** The package: contains package.json, `docs` and `blueprints`, in a checkout, an installed package and the image. */
export const PACKAGE = dirname(PROGRAM);
