/** The base address of an OpenAI API. */
export interface ApiAddress {
  readonly origin: string;
  /** Path prefix of the API's operations, such as `/v1`. */
  readonly prefix: string;
  /** With its question mark; empty without a query. */
  readonly query: string;
}

/**
 * Splits a base address. A path is the whole prefix of the API (`https://host/api/paas/v4`); an address without a path gets the one of
 * OpenAI's own API, `/v1`. A query (`?api-version=…`) belongs to every request.
 */
export function apiAddress(url: string): ApiAddress {
  const { origin, pathname, search } = new URL(url);
  const path = pathname.replace(/\/+$/, "");
  return { origin, prefix: path === "" ? "/v1" : path, query: search };
}
