import { createHash } from "node:crypto";
import { basename } from "node:path";
import { Agent, buildConnector, setGlobalDispatcher } from "undici";

/** Sockets by the host of their URL. */
const sockets = new Map<string, string>();

/** No public registry delegates `.internal`, and listeners accept it in the Host header. */
const SUFFIX = ".socket.internal";

/**
 * An HTTP URL that stands for a Unix socket: requests of this process to it use the socket and never a name server or a TCP port.
 * `path` is absolute. The URL has no path of its own.
 */
export function socketUrl(path: string): string {
  if (sockets.size === 0) setGlobalDispatcher(new Agent({ connect: socketConnector() }));
  const name = basename(path, ".sock")
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, "-");
  const host = `${name}-${createHash("sha256").update(path).digest("hex").slice(0, 8)}${SUFFIX}`;
  sockets.set(host, path);
  return `http://${host}`;
}

/** Whether a host is one of `socketUrl`, which no name server knows. */
export function isSocketHost(hostname: string): boolean {
  return sockets.has(hostname);
}

/** Connects to the URLs of `socketUrl` and to all others: for a pool of connections with options of its own. */
export function socketConnector(options: buildConnector.BuildOptions = {}): buildConnector.connector {
  const direct = buildConnector(options);
  return (target, callback) => {
    const socketPath = sockets.get(target.hostname);
    if (socketPath !== undefined) return buildConnector({ ...options, socketPath })(target, callback);
    if (target.hostname.endsWith(SUFFIX))
      return callback(new Error(`${target.hostname} is no socket of this process`), null);
    return direct(target, callback);
  };
}
