/** The nonce of this response, inserted by the server; required for styles that are created at run time. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>("meta[property='csp-nonce']")?.nonce ?? "";
}
