import { createServer, type Socket } from "node:net";

/** A request as a raw server has received it. */
export interface RawRequest {
  readonly path: string;
  readonly stream: boolean;
}

/** What a server does with the connection of a request; `when`: on the connection, after the head of the request, or after its body. */
export interface RawBehaviour {
  readonly when: "connected" | "head" | "body";
  act(socket: Socket, request: RawRequest): void;
}

/** A server without an HTTP library: it can end a connection at any byte. */
export interface RawServer {
  readonly url: string;
  /** Times that the behaviour was executed. */
  count: number;
  behave(behaviour: RawBehaviour): void;
  stop(): Promise<void>;
}

export async function startRawServer(): Promise<RawServer> {
  let current: RawBehaviour = { when: "connected", act: (socket) => socket.destroy() };
  const sockets = new Set<Socket>();
  const act = (socket: Socket, request: RawRequest): void => {
    raw.count += 1;
    current.act(socket, request);
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    if (current.when === "connected") act(socket, { path: "", stream: false });
    let seen = Buffer.alloc(0);
    socket.on("data", (data) => {
      seen = Buffer.concat([seen, data]);
      const end = seen.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = seen.toString("latin1", 0, end);
      const path = /^POST (\S+)/.exec(head)?.[1] ?? "";
      if (current.when === "head") {
        // The rest of the request stays unread.
        socket.pause();
        seen = Buffer.alloc(0);
        act(socket, { path, stream: false });
        return;
      }
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (seen.length < end + 4 + length) return;
      const body = seen.toString("utf8", end + 4, end + 4 + length);
      seen = seen.subarray(end + 4 + length);
      if (current.when === "body") act(socket, { path, stream: /"stream":\s*true/.test(body) });
    });
    socket.on("end", () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const raw: RawServer = {
    url: `http://127.0.0.1:${address.port}`,
    count: 0,
    behave: (next) => {
      current = next;
      raw.count = 0;
      // Connections of an earlier behaviour are not used again.
      for (const socket of sockets) socket.destroy();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return raw;
}
