import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { stagedPlaces } from "../../src/disk/mount-point.js";
import { startServer } from "../../src/postgres/server.js";
import { systemIdentifier } from "../../src/recovery/backup/data-directory.js";
import { localTarget } from "../../src/recovery/drills/local-target.js";
import { moveAway, moveIntoPlace, rollBack, undoInterrupted } from "../../src/recovery/restore/move-into-place.js";
import { restoreInto } from "../../src/recovery/restore/restore.js";
import { startRecovery } from "../../src/recovery/service/recovery.js";
import { writeSystemId } from "../../src/recovery/service/system-id.js";
import { planWith } from "../support/gateway/gateway.js";
import { startSource, temporaryDirectory } from "../support/recovery/source.js";
import { until } from "../support/until.js";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function mount(directory: string): void {
  mkdirSync(directory, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=300m", "tmpfs", directory]);
  // As `mkfs.ext4` creates it.
  mkdirSync(join(directory, "lost+found"), { mode: 0o700 });
  cleanups.push(() => {
    execFileSync("umount", ["-l", directory]);
  });
}

/** Only root can mount, and not in every container. */
const canMount = (() => {
  const directory = mkdtempSync(join(tmpdir(), "keelson-mount-"));
  try {
    if (spawnSync("mount", ["-t", "tmpfs", "tmpfs", directory]).status !== 0) return false;
    return spawnSync("umount", [directory]).status === 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
})();

describe.skipIf(!canMount)("a data directory that is a mount point", () => {
  test("is restored when its volume is lost, and an empty volume takes a restored copy", async () => {
    const source = await startSource(cleanups);
    const { cluster, repository, codec, home } = source;
    const manifest = await source.backup();
    const systemIdFile = join(home, "database.json");
    await writeSystemId(systemIdFile, await systemIdentifier(cluster.data));
    await source.server.stop("immediate");
    await rm(cluster.data, { recursive: true });
    mount(cluster.data);
    const recovery = startRecovery({ platform: "test", database: undefined, cluster, repository, codec, systemIdFile });
    cleanups.push(() => recovery.stop());
    await recovery.prepare(new AbortController().signal);
    expect(recovery.lastRestore()).toMatchObject({ backup: manifest.id, failedBackups: [] });
    expect(statSync(cluster.data)).toMatchObject({ uid: cluster.user.uid });
    expect(readdirSync(cluster.data).filter((name) => name.startsWith("pgsql_tmp"))).toEqual([]);
    const server = await startServer(cluster);
    await server.stop("fast");

    const volume = join(home, "volume");
    mount(volume);
    const [backup] = (await recovery.catalogue()).backups;
    if (backup === undefined) throw new Error("the backup is missing");
    const options = { user: cluster.user, target: { kind: "latest" } } as const;
    await restoreInto(volume, repository, codec, backup, options);
    expect(readdirSync(volume)).toEqual(expect.arrayContaining(["PG_VERSION", "base", "global"]));
    await expect(restoreInto(volume, repository, codec, backup, options)).rejects.toMatchObject({
      code: "restore/not-empty",
    });
  }, 120_000);

  /** Directories with the content of a database on the mount point, and of a restored one on another file system. */
  function replacement() {
    const root = temporaryDirectory(cleanups);
    const [data, restored] = [join(root, "data"), join(root, "data.replacement.tmp")];
    mount(data);
    for (const [directory, text] of [
      [data, "old"],
      [restored, "new"],
    ] as const) {
      mkdirSync(join(directory, "base"), { recursive: true });
      writeFileSync(join(directory, "base", "1"), text);
      writeFileSync(join(directory, "PG_VERSION"), "17");
    }
    const content = () => readFileSync(join(data, "base", "1"), "utf8");
    const names = () => readdirSync(data).sort();
    return { root, data, restored, content, names };
  }

  test("keeps its previous content within it when it is replaced, and gets it back", async () => {
    const { root, data, restored, content, names } = replacement();
    const kept = await moveIntoPlace(restored, data);
    expect(content()).toBe("new");
    expect(readdirSync(root)).toEqual(["data"]);
    if (kept === undefined) throw new Error("nothing was kept");
    expect(names()).toEqual(["PG_VERSION", "base", "lost+found", basename(kept)]);
    await rollBack(kept, data);
    expect(content()).toBe("old");
    expect(names()).toEqual(["PG_VERSION", "base", "lost+found"]);
  });

  test("is lost in a drill: its content moves within it, where the next drill removes it, and is replaced", async () => {
    const { root, data, restored, content, names } = replacement();
    await moveAway(data, "lost-in-drill-1");
    expect(names()).toEqual(["lost+found", "pgsql_tmp.lost-in-drill-1"]);
    expect(readdirSync(join(data, "pgsql_tmp.lost-in-drill-1")).sort()).toEqual(["PG_VERSION", "base"]);
    expect(await moveIntoPlace(restored, data)).toBeUndefined();
    expect(content()).toBe("new");
    await moveAway(data, "lost-in-drill-2");
    expect(await stagedPlaces(data, "lost-in-drill-")).toEqual(
      ["1", "2"].map((drill) => join(data, `pgsql_tmp.lost-in-drill-${drill}`)),
    );
    expect(readdirSync(root)).toEqual(["data"]);
  });

  test("is restored during a drill by a running platform", async () => {
    const source = await startSource(cleanups);
    const { cluster, repository, codec, home } = source;
    const manifest = await source.backup();
    await source.server.stop("fast");
    const moved = `${cluster.data}.moved`;
    execFileSync("mv", [cluster.data, moved]);
    mount(cluster.data);
    execFileSync("sh", ["-c", `cp -a ${moved}/. ${cluster.data}/ && rm -r ${moved}`]);
    const server = await startServer(cluster);
    const pid = await server.pid();
    const systemIdFile = join(home, "database.json");
    await writeSystemId(systemIdFile, await systemIdentifier(cluster.data));
    const recovery = startRecovery({ platform: "test", database: undefined, cluster, repository, codec, systemIdFile });
    cleanups.push(() => recovery.stop());
    const target = localTarget({
      plan: planWith("assistant: { engine: simulated }"),
      clients: { url: "", apiKey: "", operatorToken: "", unitUrl: () => undefined },
      ...{ databaseUrl: "", databaseDirectory: cluster.data, recovery, repository },
      processes: async () => [{ name: "postgres", kind: "postgres", pid, running: true, units: [] }],
      onEvent: () => () => undefined,
    });
    await target.destroyDatabaseStorage();
    await until(() => !existsSync(`/proc/${pid}`), "the end of the server");
    await recovery.prepare(new AbortController().signal);
    expect(recovery.lastRestore()).toMatchObject({ backup: manifest.id, failedBackups: [] });
    const kept = (await target.pruneDestroyedStorage()) ?? "";
    expect(readdirSync(kept)).toContain("PG_VERSION");
    await (await startServer(cluster)).stop("fast");
  }, 120_000);

  test.each(["before the mark of the old database was moved", "before the mark of the new one was"])(
    "gets its previous content back after an interruption %s",
    async (when) => {
      const { root, data, content, names } = replacement();
      const aside = join(data, "pgsql_tmp.before-20251121T080102000Z");
      writeFileSync(join(root, "data.replacing"), basename(aside));
      mkdirSync(aside);
      execFileSync("mv", [join(data, "base"), aside]);
      if (when.includes("new")) {
        execFileSync("mv", [join(data, "PG_VERSION"), aside]);
        mkdirSync(join(data, "base"));
        writeFileSync(join(data, "base", "1"), "new");
      }
      expect(await undoInterrupted(data)).toBe(aside);
      expect(content()).toBe("old");
      expect(names()).toEqual(["PG_VERSION", "base", "lost+found"]);
    },
  );
});
