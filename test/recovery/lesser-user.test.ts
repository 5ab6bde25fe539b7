import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { serverEnvironment } from "../../src/postgres/environment.js";
import { serverUser } from "../../src/postgres/server-user.js";
import { endStrays, serverPid } from "../../src/postgres/strays.js";
import { type ArchiveState, startArchiver } from "../../src/recovery/archive/archiver.js";
import { logArchive } from "../../src/recovery/archive/log-archive.js";
import { authenticatorOf } from "../../src/recovery/authenticator.js";
import { gzipCodec } from "../../src/recovery/backup-codec.js";
import { openFolder } from "../../src/recovery/repository/folder.js";
import { until } from "../support/local/keelson.js";
import { temporaryDirectory } from "../support/recovery/source.js";
import { describeWith } from "../support/requirements.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describeWith(["root"], "the server's user", () => {
  test("gets no file of root through links that it puts where root reads and writes", async () => {
    const user = await serverUser();
    const home = temporaryDirectory(cleanups);
    const secret = join(home, "secret");
    writeFileSync(secret, "of root", { mode: 0o600 });
    const [data, run] = [join(home, "data"), join(home, "run")];
    for (const directory of [data, run]) {
      mkdirSync(directory);
      execFileSync("chown", [`${user.uid}:${user.gid}`, directory]);
    }
    const segment = "0000000100000000000000F0";
    const real = "0000000100000000000000F1";
    // As the server's user: links in place of the segment and of every reply.
    const plant = [
      `mkdir ${data}/pg_wal`,
      `ln -s ${secret} ${data}/pg_wal/${segment}`,
      `echo wal > ${data}/pg_wal/${real}`,
      ...["answer", "done", "failed"].flatMap((end) =>
        [segment, real].map((name) => `ln -s ${secret} ${run}/${name}.${end}`),
      ),
      `touch ${run}/${segment}.request ${run}/${real}.request`,
    ].join(" && ");
    execFileSync("sh", ["-c", plant], { uid: user.uid, gid: user.gid });

    const repository = openFolder(join(home, "backups"));
    const codec = gzipCodec(authenticatorOf("AGE-SECRET-KEY-1TEST"));
    const failures: string[] = [];
    const archive = logArchive(repository, codec, "1");
    const onChange = ({ failing }: ArchiveState) => void (failing && failures.push(failing.reason));
    const archiver = startArchiver({ handover: run, data, archive: async () => archive, owner: user, onChange });
    cleanups.push(() => archiver.stop());
    await until(() => archiver.state().archived === 1, 10_000, "the real segment");
    expect((await archive.list()).map(({ file }) => file.name)).toEqual([real]);
    expect(failures).toContainEqual(expect.stringContaining(`${segment} is a link`));
    expect(readFileSync(secret, "utf8")).toBe("of root");
    expect(statSync(secret)).toMatchObject({ uid: 0, gid: 0 });
    expect(statSync(join(run, `${real}.done`)).uid).toBe(user.uid);
  });

  test("sends no signal to a process of root through the pid file", async () => {
    const user = await serverUser();
    const data = temporaryDirectory(cleanups);
    execFileSync("chown", [`${user.uid}:${user.gid}`, data]);
    // Of the right name, and in the right directory: only its user is not the server's.
    const program = join(temporaryDirectory(cleanups), "postgres");
    copyFileSync("/bin/sleep", program);
    const victim = spawn(program, ["60"], { stdio: "ignore", cwd: data });
    await once(victim, "spawn");
    cleanups.push(() => void victim.kill("SIGKILL"));
    execFileSync("sh", ["-c", `echo ${victim.pid} > ${data}/postmaster.pid`], { uid: user.uid, gid: user.gid });
    expect(await serverPid(data, user)).toBeUndefined();
    await endStrays(data, user);
    expect(victim.exitCode ?? victim.signalCode).toBeNull();
  });
});

test("the server's environment contains no credentials", () => {
  const own = { PATH: "/bin", TZ: "UTC", AWS_SECRET_ACCESS_KEY: "s", HF_TOKEN: "h", LC_ALL: "de_DE" };
  expect(serverEnvironment(own)).toEqual({ PATH: "/bin", TZ: "UTC", LC_ALL: "C" });
});
