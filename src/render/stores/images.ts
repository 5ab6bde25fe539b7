import { exactImage } from "../../plan/images.js";
import type { Store, StoreKind } from "../../plan/plan.js";
import { type ImageChoice, type ServerProduct, STORES } from "../../plan/stores/index.js";
import type { StoreImage } from "./server.js";

/** User 999 in the Debian variants of the official images, 70 in the Alpine ones; the others run as any user. */
const DEBIAN_USER_ID = 999;
const ALPINE_USER_ID = 70;
const ANY_USER_ID = 1001;

const USERS = {
  postgres: DEBIAN_USER_ID,
  pgvector: DEBIAN_USER_ID,
  timescaledb: ALPINE_USER_ID,
  redis: DEBIAN_USER_ID,
  rabbitmq: DEBIAN_USER_ID,
  versitygw: ANY_USER_ID,
} as const satisfies Record<ServerProduct, number>;

/** The image that runs the server of a store as a container. */
export function serverImage<Kind extends StoreKind>(store: Store<Kind>): StoreImage {
  const { server } = STORES[store.kind].images(store);
  return { reference: imageReference(server), user: USERS[server.product] };
}

/** The image that the operator of a store runs, or its own without an operator. */
export function operatorImage<Kind extends StoreKind>(store: Store<Kind>): string {
  const { server, operator } = STORES[store.kind].images(store);
  return imageReference(operator ?? server);
}

function imageReference({ product, version }: ImageChoice): string {
  return exactImage(product, version);
}

export function majorOf(version: string): string {
  return version.split(".", 1)[0] ?? version;
}
