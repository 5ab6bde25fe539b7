const NAME = "keelson-session";
/** For a browser that stores nothing. */
let inMemory: string | undefined;

/**
 * The second half of the session. The browser sends the cookie to every port of this host, but only pages of this origin, which
 * includes the port, can read the storage. All tabs share it, and it is valid no longer than the cookie.
 */
export function sessionProof(): string | undefined {
  try {
    return window.localStorage.getItem(NAME) ?? inMemory;
  } catch {
    return inMemory;
  }
}

/** Undefined: there is no session any more. */
export function storeProof(proof: string | undefined): void {
  inMemory = proof;
  try {
    if (proof === undefined) window.localStorage.removeItem(NAME);
    else window.localStorage.setItem(NAME, proof);
  } catch {
    // The browser stores nothing: the session lasts as long as this page.
  }
}
