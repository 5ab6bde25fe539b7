import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { PostgresClient } from "../../src/postgres-client/client.js";
import { createPool } from "../../src/runtime/database/pool.js";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const PASSWORD = "the-password-of-the-role";

/** A message of the server: its type, its length, its content. */
function message(type: string, ...content: (string | number)[]): Buffer {
  const parts = content.map((part) =>
    typeof part === "string" ? Buffer.from(part) : Buffer.from([part >>> 24, part >>> 16, part >>> 8, part]),
  );
  const body = Buffer.concat(parts);
  const head = Buffer.from([type.charCodeAt(0), 0, 0, 0, 0]);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const READY = Buffer.concat([message("R", 0), message("Z", "I")]);

/** What another process can answer to a client that takes it for the database. */
const IMPOSTORS: Readonly<Record<string, (socket: Socket, received: Buffer, count: number) => void>> = {
  "requests the password in clear text": (socket) => void socket.write(message("R", 3)),
  "requests an MD5 hash of the password": (socket) => void socket.write(message("R", 5, "salt")),
  "accepts every password": (socket) => void socket.write(READY),
  "skips the authentication": (socket) => void socket.write(message("Z", "I")),
  "ends SCRAM before it has started": (socket) => void socket.write(Buffer.concat([message("R", 12, "v=AAAA"), READY])),
  "does not know the verifier of the password": (socket, received, count) => {
    if (count === 1) return void socket.write(message("R", 10, "SCRAM-SHA-256\0\0"));
    const [, nonce = ""] = /r=([^,\0]+)/.exec(received.toString("latin1")) ?? [];
    if (count === 2) return void socket.write(message("R", 11, `r=${nonce}more,s=c2FsdA==,i=4096`));
    const signature = `v=${Buffer.alloc(32).toString("base64")}`;
    socket.write(Buffer.concat([message("R", 12, signature), READY]));
  },
};

async function impostor(answer: (socket: Socket, received: Buffer, count: number) => void) {
  const received: Buffer[] = [];
  const server = createServer((socket) => {
    let count = 0;
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      received.push(data);
      count += 1;
      answer(socket, data, count);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `postgres://keelson:${PASSWORD}@127.0.0.1:${port}/keelson`, received };
}

describe("a process that answers in place of the database", () => {
  it.each(Object.entries(IMPOSTORS))("gets no password and no statement: it %s", async (_, answer) => {
    const { url, received } = await impostor(answer);
    const client = new PostgresClient({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on("error", () => undefined);
    const connected = client.connect().then(() => client.query("SELECT 'a statement'"));
    await expect(connected).rejects.toMatchObject({ code: "database/not-authenticated" });
    const pool = createPool(url, "test", 1);
    await expect(pool.query("SELECT 'a statement'")).rejects.toMatchObject({ code: "database/not-authenticated" });
    await pool.end();
    const text = Buffer.concat(received).toString("latin1");
    expect(text).toContain("keelson");
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain("a statement");
    // The only answers besides the start are those of SCRAM.
    for (const data of received) expect(data.toString("latin1")).toMatch(/user|SCRAM-SHA-256|,r=.*,p=/);
  });
});

it("the unchanged driver sends the password in clear text to any server that requests it", async () => {
  const { url, received } = await impostor((socket) => void socket.write(message("R", 3)));
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 500 });
  await expect(client.connect()).rejects.toThrow();
  expect(Buffer.concat(received).toString("latin1")).toContain(PASSWORD);
});
