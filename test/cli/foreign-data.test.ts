import { once } from "node:events";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { acquireLock } from "../../src/disk/lock.js";
import { TERMINAL_KEY } from "../../src/local/terminal-key.js";
import { tokenSecret } from "../../src/modules/tokens.js";
import { type Cleanups, keelson, workDirectory } from "../support/local/keelson.js";

const cleanups: Cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that records what is sent to it, on a port and on a Unix socket. */
async function listener(): Promise<{ readonly url: string; readonly socket: string; readonly received: string[] }> {
  const received: string[] = [];
  const record: RequestListener = (request, response) => {
    received.push(request.headers.authorization ?? "");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ token: "t", url: "http://198.51.100.1/elsewhere", expires: "2026-12-01T00:00:00Z" }));
  };
  const server: Server = createServer(record).listen(0, "127.0.0.1");
  const socket = join(workDirectory(cleanups), "api.sock");
  const onSocket = createServer(record).listen(socket);
  cleanups.push(
    () => server.close(),
    () => onSocket.close(),
  );
  await Promise.all([once(server, "listening"), once(onSocket, "listening")]);
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return { url: `http://127.0.0.1:${address.port}`, socket, received };
}

/** A directory with a `.keelson` that was not made by `keelson up`, but names a live process and an address. */
async function prepared(
  { url, socket }: { readonly url: string; readonly socket: string },
  writeSecrets: (secrets: string) => void,
): Promise<{ cwd: string; data: string }> {
  const cwd = workDirectory(cleanups);
  const data = join(cwd, ".keelson", "shop-local");
  mkdirSync(join(data, "secrets"), { recursive: true, mode: 0o755 });
  await acquireLock(join(data, "lock"));
  const running = {
    ...{ pid: process.pid, url, dashboard: url, control: join(data, "control.sock"), startedAt: Date.now() },
    ...{ file: "platform.ts", platform: "shop", environment: "local", backups: join(data, "backups"), data },
    sockets: { url: socket, dashboard: socket },
    start: { file: join(cwd, "platform.ts"), host: "127.0.0.1", port: 8800, split: false },
  };
  writeFileSync(join(data, "platform.json"), JSON.stringify(running));
  writeSecrets(join(data, "secrets"));
  return { cwd, data };
}

const CALLS = [["keys", "list"], ["login"], ["open"], ["usage"], ["audit"], ["users", "list"], ["chat", "hello"]];

describe("a data directory that came with a checkout or an archive", () => {
  test.each(CALLS)("sends no file behind a link as a credential: %s %s", async (...words) => {
    const { received, ...addresses } = await listener();
    const { cwd } = await prepared(addresses, (secrets) => {
      const other = join(secrets, "..", "..", "..", "private");
      writeFileSync(other, "private content\n", { mode: 0o600 });

      for (const name of [tokenSecret("operator"), TERMINAL_KEY]) {
        mkdirSync(dirname(join(secrets, name)), { recursive: true });
        symlinkSync(other, join(secrets, name));
      }
    });
    const { code, out, err } = await keelson(
      cwd,
      words.filter((word) => word !== undefined),
    );
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(/^error data\/not-owned \S+ is a link\n/);
    expect(received).toEqual([]);
  });

  test("sends no credential to another machine", async () => {
    const { cwd } = await prepared({ url: "http://192.0.2.1:80", socket: "/nowhere.sock" }, (secrets) => {
      mkdirSync(join(secrets, "terminal"));
      writeFileSync(join(secrets, "terminal", "key"), "secret");
    });
    const { code, err } = await keelson(cwd, ["chat", "hello"]);
    expect(code).toBe(2);
    expect(err).toMatch(/^error platform\/elsewhere .*platform\.json names the address http:\/\/192\.0\.2\.1:80\n/);
  });

  test("is not used while other users can write to it, by any command", async () => {
    const { received, ...addresses } = await listener();
    const { cwd, data } = await prepared(addresses, () => undefined);
    for (const [path, mode] of [
      [data, 0o777],
      [join(cwd, ".keelson"), 0o777],
    ] as const) {
      chmodSync(path, mode);
      for (const words of [["status"], ["restart"], ["down"], ["logs"], ["backups"], ["drills"], ...CALLS]) {
        const { code, err } = await keelson(cwd, words);
        expect({ words, code }).toEqual({ words, code: 2 });
        expect(err).toMatch(/^error data\/shared every user can write to \S+\n {2}hint: chmod go-w \S+\n$/);
      }
      chmodSync(path, 0o755);
    }
    expect(received).toEqual([]);
  });

  test("does not make a browser open what its answer names", async () => {
    const { url, socket } = await listener();
    const { cwd } = await prepared({ url, socket }, () => undefined);
    // A program that `open` would start.
    const bin = join(cwd, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "xdg-open"), `#!/bin/sh\necho "$1" > ${join(cwd, "opened")}\n`, { mode: 0o755 });
    const env = { DISPLAY: ":0", PATH: `${bin}:${process.env["PATH"]}` };
    const { code, out } = await keelson(cwd, ["open", "--url", url, "--key", "k", "--json"], { env });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ opened: false, url: "http://198.51.100.1/elsewhere" });
  });
});
