/** An external address that a workload calls. */
export interface OutsideAddress {
  readonly host: string;
  readonly port: number;
  readonly protocol: "http" | "tcp";
}

/** `https://api.openai.com`, `http://10.0.0.7:9000`, `smtp.example.com:587`; undefined for any other text. */
export function readOutside(text: string): OutsideAddress | undefined {
  const match = /^(?:(https?|tcp):\/\/)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::(\d{1,5}))?(\/.*)?$/.exec(text);
  if (!match) return undefined;
  const [, scheme, host = "", port, path] = match;
  // Without a scheme, only a host with a dot is an address; another word is a misspelled name.
  if (scheme === undefined && (!host.includes(".") || path !== undefined)) return undefined;
  if (scheme === "tcp" && port === undefined) return undefined;
  const number = port === undefined ? (scheme === "http" ? 80 : 443) : Number(port);
  if (number < 1 || number > 65535) return undefined;
  const http = scheme === undefined ? number === 443 || number === 80 : scheme !== "tcp";
  return { host: host.toLowerCase(), port: number, protocol: http ? "http" : "tcp" };
}
