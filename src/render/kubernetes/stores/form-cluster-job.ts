import type { Resources, Store } from "../../../plan/plan.js";
import { MiB } from "../../../plan/sizes.js";
import { contentHash } from "../../canonical.js";
import { joinScript } from "../../stores/index.js";
import type { StoreServer } from "../../stores/server.js";
import type { Job, NetworkPolicy } from "../manifest.js";
import { labels, metadata } from "../metadata.js";
import { placement } from "../placement.js";
import { pullSecrets } from "../pull-secrets.js";
import { resourceQuantities } from "../quantity.js";
import type { Scope } from "../scope.js";
import { containerSecurityContext, podSecurityContext } from "../security-context.js";
import { ephemeralStorage, scratchVolume, secretVolume } from "../volumes.js";
import { jobNetworkPolicy } from "./job-network-policy.js";
import { membership } from "./members.js";

const RESOURCES: Resources = {
  cpu: { request: 50, limit: 500 },
  memory: { request: 64 * MiB, limit: 128 * MiB },
  gpu: { count: 0, kind: undefined },
  disk: undefined,
};

/**
 * Joins the servers of a store into one cluster. A job is immutable, so its name contains a hash of its script.
 */
export function formClusterJob(scope: Scope, store: Store, server: StoreServer): Job | undefined {
  const { plan } = scope;
  const script = joinScript(store, membership(plan, store));
  if (script === undefined) return undefined;
  const name = `${store.name}-form-${contentHash(script + server.image.reference, 8)}`;
  const mounted = [secretVolume(server.secret), scratchVolume("tmp", "/tmp")];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: metadata(plan, { name: formName(store) }, "form-cluster", name),
    spec: {
      backoffLimit: 10,
      template: {
        metadata: { labels: labels(plan, { name: formName(store) }, "form-cluster") },
        spec: {
          restartPolicy: "OnFailure",
          serviceAccountName: store.name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...pullSecrets(plan),
          securityContext: podSecurityContext(server.image.user),
          ...placement(plan, store.pool, 0),
          containers: [
            {
              name: "form-cluster",
              image: server.image.reference,
              imagePullPolicy: "IfNotPresent",
              command: ["sh", "-c", script],
              resources: resourceQuantities(RESOURCES, ephemeralStorage(mounted)),
              securityContext: containerSecurityContext(),
              volumeMounts: mounted.flatMap(({ mounts }) => mounts),
            },
          ],
          volumes: mounted.flatMap(({ volume }) => volume ?? []),
        },
      },
    },
  };
}

/** The name of the job's pods. Selectors of the store's servers must not match them. */
export function formName(store: Store): string {
  return `${store.name}-form`;
}

export function formClusterNetworkPolicy(scope: Scope, store: Store): NetworkPolicy | undefined {
  const script = joinScript(store, membership(scope.plan, store));
  return script === undefined ? undefined : jobNetworkPolicy(scope, store, formName(store), "form-cluster");
}
