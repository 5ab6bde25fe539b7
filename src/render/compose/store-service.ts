import type { Store } from "../../plan/plan.js";
import type { StoreServer } from "../stores/server.js";
import type { RenderedFile } from "../target.js";
import { composeBytes, composeDuration, composeResources } from "./quantity.js";
import { secretMounts } from "./secrets.js";
import { type ComposeService, HARDENING } from "./service.js";

export function storeService(store: Store, server: StoreServer, networks: readonly string[]): ComposeService {
  const owner = `uid=${server.image.user},gid=${server.image.user}`;
  return {
    image: server.image.reference,
    entrypoint: server.command,
    // The name of the node, and so the directory of its data, outlives the container.
    ...(server.fullName && { hostname: store.name }),
    user: `${server.image.user}:${server.image.user}`,
    ...(Object.keys(server.environment).length > 0 && { environment: server.environment }),
    networks,
    configs: Object.keys(server.files).map((target) => ({ source: configSource(store, target), target })),
    secrets: secretMounts([server.secret]),
    ...(server.data !== undefined && { volumes: [`${store.name}-data:${server.data}`] }),
    tmpfs: server.scratch.map((path) => (path === "/tmp" ? path : `${path}:${owner},mode=0700`)),
    ...(server.sharedMemory !== undefined && { shm_size: composeBytes(server.sharedMemory) }),
    healthcheck: {
      test: ["CMD", ...server.probe],
      interval: composeDuration(store.probe.every),
      timeout: "15s",
      retries: Math.max(1, store.probe.failures),
      start_period: "60s",
    },
    ...HARDENING,
    stop_grace_period: `${server.stopSeconds}s`,
    deploy: { replicas: 1, ...composeResources(store.resources) },
  };
}

/** The server's configuration and scripts as files beside the Compose file. */
export function storeFiles(store: Store, server: StoreServer): readonly RenderedFile[] {
  return Object.entries(server.files).map(([path, text]) => ({
    path: storeFile(store, path),
    text,
    comment: path.endsWith("enabled_plugins") ? "%" : "#",
  }));
}

export function storeConfigs(store: Store, server: StoreServer): Readonly<Record<string, { readonly file: string }>> {
  return Object.fromEntries(
    Object.keys(server.files).map((path) => [configSource(store, path), { file: `./${storeFile(store, path)}` }]),
  );
}

function storeFile(store: Store, path: string): string {
  return `${store.name}/${path.slice(path.lastIndexOf("/") + 1)}`;
}

function configSource(store: Store, path: string): string {
  return `${store.name}-${path.slice(path.lastIndexOf("/") + 1).replaceAll(/[^a-zA-Z0-9]+/g, "-")}`;
}
