import { once } from "node:events";
import { createServer } from "node:net";

/** A free loopback port. Another process may take it before it is used: callers retry. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("a TCP listener has a port");
  return address.port;
}
