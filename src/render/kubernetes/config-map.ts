import type { Store } from "../../plan/plan.js";
import { canonicalJson, contentHash } from "../canonical.js";
import type { StoreServer } from "../stores/server.js";
import type { ConfigMap } from "./manifest.js";
import { metadata, platformMetadata } from "./metadata.js";
import type { Scope } from "./scope.js";

/** The name carries a hash of the content: a changed Plan is a new ConfigMap, so it rolls out and back as pods do. */
export function planConfigMapName(scope: Scope): string {
  return `plan-${scope.document.hash}`;
}

export function planConfigMap(scope: Scope): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: platformMetadata(scope.plan, planConfigMapName(scope)),
    data: { "plan.json": scope.document.text },
  };
}

export function storeConfigMapName(store: Store, files: Readonly<Record<string, string>>): string {
  return `${store.name}-${contentHash(canonicalJson(files, 0), 10)}`;
}

/** A store server's configuration and scripts, keyed by the last part of each file's path. */
export function storeConfigMap(scope: Scope, store: Store, files: Readonly<Record<string, string>>): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata(scope.plan, store, store.kind, storeConfigMapName(store, files)),
    immutable: true,
    data: Object.fromEntries(Object.entries(files).map(([path, text]) => [fileKey(path), text])),
  };
}

function fileKey(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Mounts each of a server's files at its own path, from the one volume that holds them all. */
export function fileMounts(server: StoreServer, volume: string) {
  return Object.keys(server.files).map((path) => ({
    name: volume,
    mountPath: path,
    subPath: fileKey(path),
    readOnly: true,
  }));
}
