/** The address of a cluster's API, and the credentials to use. */
export interface Connection {
  /** The source of these settings, for messages: `context prod of ~/.kube/config`. */
  readonly description: string;
  /** `https://host:port`, without a trailing slash. */
  readonly server: string;
  /** PEM of the certificate authority; undefined: the certificate authorities of Node.js. */
  readonly authority: string | undefined;
  readonly verify: boolean;
  readonly serverName: string | undefined;
  readonly namespace: string | undefined;
  readonly credentials: Credentials;
}

/**
 * Called before each request, because tokens expire. Implementations cache credentials while they are valid; `rejected` are
 * credentials that the API server did not accept (401), which are not returned again if others can be had.
 *
 * @throws KeelsonError `kubeconfig/…`
 */
export type Credentials = (rejected?: Identity) => Promise<Identity>;

export interface Identity {
  /** PEM of a client certificate and its key. */
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
}
