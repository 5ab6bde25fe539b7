import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { freePort } from "../../src/local/free-port.js";
import { endStrays } from "../../src/postgres/strays.js";
import { startSource, temporaryDirectory } from "../support/recovery/source.js";
import { describeWith } from "../support/requirements.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The shell blocks between the marks of docs/recovery.md; the first one only sets paths. */
function documented(): { variables: string; commands: string[] } {
  const text = readFileSync(new URL("../../docs/recovery.md", import.meta.url), "utf8");
  const [, section = ""] = /<!-- by-hand:[^>]*-->([\s\S]*)<!-- by-hand: end -->/.exec(text) ?? [];
  const [variables = "", ...commands] = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  return { variables, commands };
}

describeWith(["age"], "restoring by hand", () => {
  test("works with age, gzip, tar and PostgreSQL alone, by the commands of docs/recovery.md", async () => {
    const source = await startSource(cleanups);
    await source.query("CREATE TABLE ledger AS SELECT n AS id FROM generate_series(1, 100) n");
    await source.backup();
    // Enough log that the replay continues after pg_ctl reports that the server has started.
    for (let n = 101; n <= 150; n += 5) {
      await source.query(`INSERT INTO ledger SELECT n FROM generate_series(${n}, ${n + 4}) n`);
      await source.shipLog();
    }

    // A user who is not root, with the repository and the identity.
    const { user, binaries } = source.cluster;
    const desk = temporaryDirectory(cleanups);
    cpSync(source.repositoryPath, join(desk, "backups"), { recursive: true });
    cpSync(source.identityFile, join(desk, "identity.txt"));
    const { variables, commands } = documented();
    expect(variables).toMatch(/REPOSITORY=.*\nIDENTITY=.*\nTARGET=restored/);
    expect(commands.length).toBe(4);
    const port = await freePort();
    const places = 'REPOSITORY="backups"\nIDENTITY="identity.txt"\nTARGET=restored\n';
    const script = ["set -eu", places, ...commands].join("\n").replaceAll("5499", String(port));
    writeFileSync(join(desk, "by-hand.sh"), script);
    if (user.foreign) execFileSync("chown", ["-R", `${user.uid}:${user.gid}`, desk]);
    cleanups.push(async () => void (await endStrays(join(desk, "restored"))));
    execFileSync("bash", ["by-hand.sh"], {
      cwd: desk,
      ...(user.foreign && { uid: user.uid, gid: user.gid }),
      env: { PATH: `${binaries.directory}:${process.env["PATH"]}`, HOME: desk },
      // The server inherits the descriptors; a pipe would never close.
      stdio: ["ignore", "ignore", "inherit"],
    });

    // The last line returns when the replay is complete, not when pg_ctl reports that the server has started.
    expect(readFileSync(join(desk, "restored/postmaster.pid"), "utf8")).toMatch(/^ready/m);
    // What `psql` shows to the same user.
    const asked = execFileSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import pg from ${JSON.stringify(import.meta.resolve("pg"))};
         const client = new pg.Client({ host: ${JSON.stringify(`${desk}/restored`)}, port: ${port}, user: "postgres", database: "keelson" });
         await client.connect();
         const { rows } = await client.query("SELECT count(*)::int AS rows, sum(id)::int AS sum FROM ledger");
         console.log(JSON.stringify(rows[0]));
         await client.end();`,
      ],
      { ...(user.foreign && { uid: user.uid, gid: user.gid }), cwd: desk, encoding: "utf8" },
    );
    expect(JSON.parse(asked)).toEqual({ rows: 150, sum: (150 * 151) / 2 });
  });
});
