import type { SecretMount } from "../secrets.js";

/** A store's server as a container: what every target that runs containers needs to know, and nothing of any one. */
export interface StoreServer {
  readonly image: StoreImage;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Texts by the absolute path under which the server reads them. */
  readonly files: Readonly<Record<string, string>>;
  readonly secret: SecretMount;
  /** Where its durable data lies; undefined for a server that keeps none. */
  readonly data: string | undefined;
  /** Folders it writes to that may be lost with the container. */
  readonly scratch: readonly string[];
  /** Run inside the container; exit code 0 means that the server answers. */
  readonly probe: readonly string[];
  /** Seconds from a stop signal to a clean end, at most. */
  readonly stopSeconds: number;
}

export interface StoreImage {
  readonly reference: string;
  /** The user that the image's own start script expects, and its group. */
  readonly user: number;
}

/** One member of a store that runs as several servers which know each other by name. */
export interface Membership {
  readonly members: number;
  /** The name under which member `index` is reached by the others. */
  address(index: number): string;
}

/** A store that stands alone, reached under its own name. */
export function alone(name: string): Membership {
  return { members: 1, address: () => name };
}
