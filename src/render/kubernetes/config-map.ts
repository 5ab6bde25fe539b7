import { gzipSync } from "node:zlib";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { Store } from "../../plan/plan.js";
import { canonicalJson, contentHash } from "../canonical.js";
import { PLAN_FILE } from "../plan-document.js";
import type { StoreServer } from "../stores/server.js";
import type { ConfigMap } from "./manifest.js";
import { metadata, platformMetadata } from "./metadata.js";
import type { Scope } from "./scope.js";

/**
 * The API server rejects a ConfigMap whose values have more bytes (Kubernetes documentation, "ConfigMaps": "cannot exceed
 * 1 MiB"; `MaxSecretSize` in its validation).
 */
const MAX_CONFIG_MAP_BYTES = 1024 * 1024;

/** The name contains a hash of the content: a changed Plan is a new ConfigMap, which rolls out and rolls back with its pods. */
export function planConfigMapName(scope: Scope): string {
  return `plan-${scope.document.hash}`;
}

/**
 * Readable up to half of the maximum; compressed above it. `keelson serve` recognises the compression, so the path in the
 * pods is the same.
 *
 * @throws KeelsonError `render/config-map-too-large` if the compressed Plan exceeds the maximum size of a ConfigMap.
 */
export function planConfigMap(scope: Scope): ConfigMap {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: platformMetadata(scope.plan, planConfigMapName(scope)),
  } as const;
  const key = PLAN_FILE.slice(PLAN_FILE.lastIndexOf("/") + 1);
  const text = Buffer.from(scope.document.text);
  if (text.length <= MAX_CONFIG_MAP_BYTES / 2) return { ...object, data: { [key]: scope.document.text } };
  const compressed = compress(text);
  if (compressed.length > MAX_CONFIG_MAP_BYTES)
    throw new KeelsonError(
      "render/config-map-too-large",
      `the plan of ${scope.plan.platform} has ${compressed.length} bytes after compression; a ConfigMap cannot exceed ${MAX_CONFIG_MAP_BYTES} bytes`,
    );
  return { ...object, binaryData: { [key]: compressed.toString("base64") } };
}

/** The header names no operating system (255), so every machine writes the same bytes. */
function compress(content: Buffer): Buffer {
  const compressed = gzipSync(content, { level: 9 });
  compressed[GZIP_SYSTEM_BYTE] = 255;
  return compressed;
}

/** Position of the operating system in the header of a gzip member (RFC 1952). */
const GZIP_SYSTEM_BYTE = 9;

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

/** Mounts each file of a server at its path, all from one volume. */
export function fileMounts(server: StoreServer, volume: string) {
  return Object.keys(server.files).map((path) => ({
    name: volume,
    mountPath: path,
    subPath: fileKey(path),
    readOnly: true,
  }));
}
