import type { Unit } from "../../plan/plan.js";
import { isAutoscaled } from "./horizontal-pod-autoscaler.js";
import type { Service, StatefulSet } from "./manifest.js";
import { metadata, selector } from "./metadata.js";
import { podTemplate } from "./pod-template.js";
import type { Scope } from "./scope.js";
import { peerService, peerServiceName } from "./service.js";
import { claim, persistentVolumes } from "./volumes.js";

/** A unit with persistent volumes: each replica has its own. */
export function statefulSet(scope: Scope, unit: Unit): StatefulSet | undefined {
  if (unit.workload !== "stateful-set") return undefined;
  const selected = selector(scope.plan, unit.name);
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadata(scope.plan, unit, unit.role),
    spec: {
      serviceName: peerServiceName(unit.name),
      ...(!isAutoscaled(unit) && { replicas: unit.replicas.min }),
      revisionHistoryLimit: 3,
      podManagementPolicy: "Parallel",
      updateStrategy: { type: "RollingUpdate" },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      selector: { matchLabels: selected },
      template: podTemplate(scope, unit),
      volumeClaimTemplates: persistentVolumes(unit).map((volume) =>
        claim(volume.name, volume.size, selected, scope.plan.cluster.storageClass),
      ),
    },
  };
}

/** The headless Service of a StatefulSet. */
export function unitPeerService(scope: Scope, unit: Unit): Service | undefined {
  return unit.workload === "stateful-set" ? peerService(scope.plan, unit, unit.role, unit.ports) : undefined;
}
