import { arch, platform, release } from "node:os";
import { findBinaries } from "../../postgres/binaries.js";
import { serverUser } from "../../postgres/server-user.js";
import { printResult } from "../terminal/output.js";
import { version } from "../version.js";

export interface VersionOptions {
  readonly json?: boolean;
}

/** `keelson version`: the versions that a bug report needs. `--version` prints the program's alone. */
export async function versions(options: VersionOptions): Promise<void> {
  const found = {
    keelson: version(),
    node: process.versions.node,
    // A machine on which PostgreSQL is not installed still has a version of Keelson.
    postgres: await embeddedPostgres().catch(() => null),
    os: `${platform()} ${release()} ${arch()}`,
  };
  printResult(options.json, found, () =>
    [
      `keelson    ${found.keelson}`,
      `node       ${found.node}`,
      `postgres   ${found.postgres ?? "not installed"}`,
      `os         ${found.os}`,
    ].join("\n"),
  );
}

async function embeddedPostgres(): Promise<string> {
  return (await findBinaries(await serverUser())).version;
}
