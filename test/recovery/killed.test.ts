import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type DebugPoint, RECOVERY_POINTS } from "../../src/disk/debug-point.js";
import { type Cleanups, keelson, type Up, until, up } from "../support/local/keelson.js";
import { counted, ledger } from "../support/recovery/usage-ledger.js";

const COUNTED_WITHIN_MS = 30_000;

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const backup = (platform: Up) =>
  keelson(platform.cwd, ["backup", "--json", "--data", platform.data], { timeout: 120_000 });

/** What an interrupted operation leaves beside the database. Incomplete backups in the repository are removed by the next one. */
const leftovers = (platform: Up): string[] =>
  readdirSync(join(platform.data, "postgres")).filter((name) => /\.(tmp|replacing|restoring)$/.test(name));

/** The names of the backups in the repository, complete or not. */
function stored(platform: Up): string[] {
  const repository = join(platform.data, "backups");
  const system = readdirSync(repository).find((name) => /^[0-9]+$/.test(name)) ?? "";
  return readdirSync(join(repository, system, "backups")).sort();
}

const commands = {
  backup: ["backup"],
  verification: ["backup"],
  restore: ["restore", "latest", "--yes"],
  replace: ["restore", "latest", "--yes"],
} as const;
type Operation = keyof typeof commands;
const operationOf = (point: DebugPoint): Operation | undefined =>
  Object.keys(commands).find((name): name is Operation => point.startsWith(`${name}/`));

describe("keelson up killed with -9 in the middle of a backup or a restore", () => {
  test("has lost nothing at its next start, at whichever step, and leaves nothing behind", async () => {
    const first = await up(cleanups);
    const ids = [await counted(first, COUNTED_WITHIN_MS)];
    expect((await backup(first)).code).toBe(0);
    const { cwd, port } = first;
    await first.stop();
    for (const point of RECOVERY_POINTS) {
      const operation = operationOf(point);
      if (operation === undefined) continue;
      const platform = await up(cleanups, { cwd, port, env: { KEELSON_DEBUG_POINT: point } });
      // The state that the kill before has left. The platform may be taking and verifying a backup, which ends.
      await until(() => leftovers(platform).length === 0, 60_000, `no leftover before ${point}`);
      expect(await ledger(platform), `before ${point}`).toEqual(expect.arrayContaining(ids));
      ids.push(await counted(platform, COUNTED_WITHIN_MS));
      const killed = once(platform.child, "exit");
      const [command, ...args] = commands[operation];
      const { code } = await keelson(cwd, [command, ...args, "--data", platform.data], { timeout: 120_000 });
      expect.soft(code, point).not.toBe(0);
      expect((await killed)[1], point).toBe("SIGKILL");
    }
    const last = await up(cleanups, { cwd, port });
    expect(await ledger(last)).toEqual(expect.arrayContaining(ids));
    // The next backup removes the incomplete ones.
    expect((await backup(last)).code).toBe(0);
    const catalogue = async (): Promise<string[]> => {
      const listed = await keelson(cwd, ["backups", "--json", "--data", last.data]);
      return JSON.parse(listed.out).backups.map(({ id }: { id: string }) => id);
    };
    // One may just be taken, because a restore has ended.
    await until(async () => `${stored(last)}` === `${(await catalogue()).sort()}`, 60_000, "only complete backups");
    await until(() => leftovers(last).length === 0, 60_000, "no leftover at the end");
  }, 900_000);
});
