/**
 * The tokens by which the processes of one platform authenticate, and the headers that carry them. A secret may contain several
 * tokens, one per line, while they are rotated: the first is sent, all are accepted.
 */

/** The tokens that a secret contains, newest first. */
export function acceptedTokens(secret: string): readonly string[] {
  return secret
    .split(/\s+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The token to send; empty for an empty secret. */
export function currentToken(secret: string): string {
  return acceptedTokens(secret)[0] ?? "";
}

/** Value of the `Authorization` header that carries a token or an API key. */
export function bearer(token: string): string {
  return `Bearer ${token}`;
}

/** The token of an `Authorization` header; empty without one. */
export function bearerToken(authorization: string | undefined): string {
  return /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1] ?? "";
}

/** Address of the client, set by the module that forwards its request. Ignored without a valid `FORWARDED_BY_HEADER`. */
export const CLIENT_ADDRESS_HEADER = "x-keelson-client-address";
/** The `Host` that the client sent, set likewise. */
export const CLIENT_HOST_HEADER = "x-keelson-client-host";
/** The token of the process that forwards a request. */
export const FORWARDED_BY_HEADER = "x-keelson-forwarded-by";

/** User of the operating system who runs the command line, for the audit log. Ignored without the operator token. */
export const PERSON_HEADER = "x-keelson-person";

/** A name without control and invisible formatting characters. */
const PERSON = /^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u;

/** The value of `PERSON_HEADER` for a name, which may contain any characters. */
export function personHeader(name: string): string {
  return encodeURIComponent(name.replace(/\p{Cs}/gu, "\ufffd"));
}

/** The name in `PERSON_HEADER`; undefined without a valid one. */
export function personIn(header: string | readonly string[] | undefined): string | undefined {
  if (typeof header !== "string") return undefined;
  try {
    const name = decodeURIComponent(header);
    return PERSON.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
