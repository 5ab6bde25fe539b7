import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE } from "./installation.js";

/** The version in package.json. */
export function version(): string {
  const { version } = manifest();
  if (typeof version === "string") return version;
  throw new Error("package.json has no version");
}

/** The oldest supported version of Node.js: `20.19.0` of `>=20.19.0` in package.json. */
export function minimumNodeVersion(): string {
  const { engines } = manifest();
  const range = isRecord(engines) ? engines["node"] : undefined;
  const minimum = typeof range === "string" ? /^>=(\d+\.\d+\.\d+)$/.exec(range)?.[1] : undefined;
  if (minimum !== undefined) return minimum;
  throw new Error("package.json states no minimum version of Node.js");
}

/** Read without a schema: `--version` loads no library. */
function manifest(): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  return isRecord(parsed) ? parsed : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
