import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

/** The addresses of this machine at which a platform that listens on `host` is reached from others. */
export function networkUrls(host: string, port: string): readonly string[] {
  if (/^(localhost|127\.|::1$)/.test(host)) return [];
  if (host !== "0.0.0.0" && host !== "::") return [`http://${isIPv6(host) ? `[${host}]` : host}:${port}`];
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all
    .filter(
      ({ internal, family, address }) =>
        !internal && !address.startsWith("fe80") && (family === "IPv4" || host === "::"),
    )
    .map(({ address, family }) => `http://${family === "IPv6" ? `[${address}]` : address}:${port}`);
}
