/** The address of a cluster's API, and the credentials to use. */
export interface Connection {
  /** For messages: where all this was read. */
  readonly description: string;
  /** `https://host:port`, without a slash at the end. */
  readonly server: string;
  /** PEM of the certificate authority; undefined for the machine's own list. */
  readonly authority: string | undefined;
  readonly verify: boolean;
  readonly serverName: string | undefined;
  readonly namespace: string | undefined;
  readonly credentials: Credentials;
}

/** Asked again before each request, because tokens expire; an implementation keeps what is still valid. */
export type Credentials = () => Promise<Identity>;

export interface Identity {
  /** PEM of a client certificate and its key. */
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
  /** Value of the Authorization header. */
  readonly authorization: string | undefined;
}
