/**
 * The images of the tests' containers, created from the programs of this machine, because the tests run without a registry. Each returns a docker-archive for `docker load` or `ctr images import`.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type LayerPart, writeDockerArchive } from "./docker-archive.js";
import { RootFileSystem } from "./root-file-system.js";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** The programs for the scripts in these images and for the RUN lines of a Dockerfile. */
const SHELL =
  "sh bash cat chmod chown cp cut date du env find grep gzip head id ls mkdir mv rm sed sleep sort tail test touch tr uname wc";

async function nodeRoot(folder: string): Promise<RootFileSystem> {
  const root = await RootFileSystem.create(join(folder, "root"), { node: 1000, keelson: 1001 });
  await root.addProgram(process.execPath, "/usr/local/bin/node");
  await root.addCommands(SHELL.split(" "));
  await root.add("/etc/ssl/certs/ca-certificates.crt");
  // Parts of the C library that Node does not need and native add-ons do.
  const libraries = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  for (const name of ["libdl.so.2", "libm.so.6", "libpthread.so.0", "libresolv.so.2", "librt.so.1", "libgomp.so.1"])
    if (existsSync(join(libraries, name))) await root.add(join(libraries, name), `/lib/${name}`);
  return root;
}

/**
 * Node.js, npm and a shell: the `BASE_IMAGE` of the Dockerfile where `node:…` cannot be pulled.
 * @param folder a folder for this image only
 */
export async function nodeImage(folder: string, reference: string): Promise<string> {
  const root = await nodeRoot(folder);
  const npm = (await run("npm", ["root", "--global"])).stdout.trim();
  await root.add(join(npm, "npm"), "/usr/local/lib/node_modules/npm");
  await root.link("../lib/node_modules/npm/bin/npm-cli.js", "/usr/local/bin/npm");
  await root.link("../lib/node_modules/npm/bin/npx-cli.js", "/usr/local/bin/npx");
  const settings = { user: "", environment: {}, entrypoint: [], command: ["node"], workingFolder: "/" };
  return writeDockerArchive(folder, { reference, ...settings }, [{ folder: root.folder }]);
}

/**
 * The platform's image, with the content that the Dockerfile builds: Node, the built program and its production dependencies, user 1001.
 * `dist/` must have been built (the test run does so before it starts).
 */
export async function platformImage(folder: string, reference: string): Promise<string> {
  const root = await nodeRoot(folder);
  await root.makeFolder("/app");
  const modules = await productionModules();
  const entries = ["package.json", "bin", "dist", "blueprints", ...modules].filter((entry) =>
    existsSync(join(repository, entry)),
  );
  const settings = {
    user: "1001:1001",
    environment: { NODE_ENV: "production" },
    entrypoint: ["node", "/app/bin/keelson.js"],
    command: ["serve"],
    workingFolder: "/app",
  };
  const parts: LayerPart[] = [{ folder: root.folder }, { folder: repository, entries, at: "app" }];
  return writeDockerArchive(folder, { reference, ...settings }, parts);
}

/** Folders of the run-time packages, without those inside another one. */
async function productionModules(): Promise<string[]> {
  const listed = await run("npm", ["ls", "--omit=dev", "--all", "--parseable"], {
    cwd: repository,
    maxBuffer: 16e6,
  }).catch((error: unknown) => {
    // npm exits with an error for an override that it considers invalid, but the list is complete.
    if (error instanceof Error && "stdout" in error && typeof error.stdout === "string")
      return { stdout: error.stdout };
    throw error;
  });
  const folders = listed.stdout
    .split("\n")
    .map((line) => relative(repository, line.trim()))
    .filter((path) => path.startsWith("node_modules/") && existsSync(join(repository, path)))
    .sort();
  const outer: string[] = [];
  for (const path of folders) {
    if (!outer.some((other) => path.startsWith(`${other}/`))) outer.push(path);
  }
  return outer;
}

/** The pause image, which owns the namespaces of a pod. The pod's end kills it, so a program that sleeps is sufficient. */
export async function pauseImage(folder: string, reference: string): Promise<string> {
  const root = await RootFileSystem.create(join(folder, "root"), {});
  await root.addCommands(["sleep"]);
  const settings = {
    user: "65535:65535",
    environment: {},
    entrypoint: ["sleep", "infinity"],
    command: [],
    workingFolder: "/",
  };
  return writeDockerArchive(folder, { reference, ...settings }, [{ folder: root.folder }]);
}

/**
 * Replaces the official `postgres` image: Debian's server of this machine and an entrypoint with the same interface (`PGDATA`, `POSTGRES_PASSWORD_FILE`, `POSTGRES_INITDB_ARGS`, `/docker-entrypoint-initdb.d/*.sh`, user 999).
 * The version is that of this machine, whatever the tag.
 */
export async function postgresImage(folder: string, reference: string, postgres: string): Promise<string> {
  const root = await postgresRoot(folder, postgres, { postgres: 999 });
  await root.makeFolder("/var/lib/postgresql", 0o1777);
  await root.makeFolder("/var/lib/postgresql/data", 0o1777);
  await root.makeFolder("/var/run/postgresql", 0o1777);
  await root.makeFolder("/docker-entrypoint-initdb.d");
  await root.write("/usr/local/bin/docker-entrypoint.sh", POSTGRES_ENTRY_POINT, 0o755);
  const settings = {
    user: "",
    environment: { PGDATA: "/var/lib/postgresql/data", LANG: "C.UTF-8" },
    entrypoint: ["docker-entrypoint.sh"],
    command: ["postgres"],
    workingFolder: "/",
  };
  return writeDockerArchive(folder, { reference, ...settings }, [{ folder: root.folder }]);
}

/**
 * Replaces the operand image of CloudNativePG: Debian's server of this machine, for user 26, without an entrypoint. The operator
 * reads the major version from the tag, which must be that of this machine.
 */
export async function operandImage(folder: string, reference: string, postgres: string): Promise<string> {
  const root = await postgresRoot(folder, postgres, { postgres: 26 });
  const settings = { user: "26", environment: { LANG: "C.UTF-8" }, entrypoint: [], command: [], workingFolder: "/" };
  return writeDockerArchive(folder, { reference, ...settings }, [{ folder: root.folder }]);
}

/** The operator of CloudNativePG, built by `tools/install.sh`: one static program, at both of its places. */
export async function operatorImage(folder: string, reference: string, manager: string): Promise<string> {
  const root = await RootFileSystem.create(join(folder, "root"), { nonroot: 65532 });
  await root.add(manager, "/manager");
  await root.add(manager, `/operator/manager_${process.arch === "arm64" ? "arm64" : "amd64"}`);
  const settings = { user: "65532", environment: {}, entrypoint: ["/manager"], command: [], workingFolder: "/" };
  return writeDockerArchive(folder, { reference, ...settings }, [{ folder: root.folder }]);
}

async function postgresRoot(
  folder: string,
  postgres: string,
  users: Readonly<Record<string, number>>,
): Promise<RootFileSystem> {
  const root = await RootFileSystem.create(join(folder, "root"), users);
  await root.addCommands(SHELL.split(" "));
  const home = join(postgres, "..", "..");
  const version = home.split("/").at(-1) ?? "";
  await root.add(home);
  // Its library is not in the image; without the file the server compiles no queries.
  await root.remove(`${home}/lib/llvmjit.so`);
  await root.remove(`${home}/lib/bitcode`);
  const programs =
    "postgres initdb pg_ctl psql pg_isready pg_basebackup pg_controldata pg_rewind pg_verifybackup".split(" ");
  for (const name of programs) {
    await root.addProgram(join(home, "bin", name));
    await root.link(`${home}/bin/${name}`, `/usr/bin/${name}`);
  }
  await root.add(`/usr/share/postgresql/${version}`);
  await root.add("/usr/share/zoneinfo/UTC");
  await root.add("/usr/lib/locale/C.utf8");
  return root;
}

const POSTGRES_ENTRY_POINT = `#!/bin/bash
set -eu
if [ "\${1:-}" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  # shellcheck disable=SC2086 # the arguments are words
  initdb --pgdata="$PGDATA" --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" \${POSTGRES_INITDB_ARGS:-}
  pg_ctl --pgdata="$PGDATA" --wait --options="$(printf '%q ' "\${@:2}" -c listen_addresses=)" start
  for script in /docker-entrypoint-initdb.d/*.sh; do
    if [ -e "$script" ]; then . "$script"; fi
  done
  pg_ctl --pgdata="$PGDATA" --mode=fast --wait stop
fi
exec "$@"
`;
