import { InvalidArgumentError } from "commander";
import type { Address } from "../../runtime/kernel/listener.js";

/** Names separated by commas. */
export function listOfNames(text: string): readonly string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** `HOST:PORT` or `[IPv6]:PORT`; an empty host means every address. */
export function listenAddress(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new InvalidArgumentError("expected HOST:PORT, such as 127.0.0.1:8800");
  return { host: match[1] ?? (match[2] || "0.0.0.0"), port };
}

/** The prefix of a peer's address that is the path of a Unix socket. */
export const UNIX_PREFIX = "unix:";

/** `MODULE=URL` or `MODULE=unix:PATH`, added to the peers of earlier options. */
export function peerAddress(
  text: string,
  earlier: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [name, ...rest] = text.split("=");
  const url = rest.join("=");
  if (name && url.startsWith(`${UNIX_PREFIX}/`)) return { ...earlier, [name]: url };
  if (!name || !URL.canParse(url))
    throw new InvalidArgumentError("expected MODULE=URL, such as accounts=http://127.0.0.1:9001");
  return { ...earlier, [name]: url.replace(/\/+$/, "") };
}
