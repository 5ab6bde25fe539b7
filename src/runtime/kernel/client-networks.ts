import { isIPv6, type Socket } from "node:net";

/** The owner of a client address: of IPv6 its /64, which is one subscriber (RFC 6177), of IPv4 the address itself. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array<string>(zeros).fill("0"), ...after];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

/** Counts the open connections of each client network. */
export class ClientNetworks {
  readonly #open = new Map<string, number>();
  readonly #max: number;

  /** `max`: connections of one network at the same time. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Counts a connection until it closes; false for one above the maximum. Those of Unix sockets have no address and no maximum. */
  admit(socket: Socket): boolean {
    if (socket.remoteAddress === undefined) return true;
    const network = networkOf(socket.remoteAddress);
    const open = this.#open.get(network) ?? 0;
    if (open >= this.#max) return false;
    this.#open.set(network, open + 1);
    socket.once("close", () => {
      const left = (this.#open.get(network) ?? 1) - 1;
      if (left === 0) this.#open.delete(network);
      else this.#open.set(network, left);
    });
    return true;
  }
}
