import { stringify } from "yaml";

/** How long the pods of simulated nodes take, in milliseconds. */
export interface PodTimes {
  /** From the binding to a node until the pod is ready. */
  readonly start: number;
  /** From its deletion until it has ended: it holds its resources until then. */
  readonly stop: number;
}

/** kwok's Stages of a pod (kwok.sigs.k8s.io/docs/user/stages-configuration), with these delays. */
export function podStages({ start, stop }: PodTimes): string {
  const stage = (
    name: string,
    deleted: "Exists" | "DoesNotExist",
    delay: number,
    spec: object,
    more: object[] = [],
  ) => ({
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: "v1", kind: "Pod" },
      selector: { matchExpressions: [{ key: ".metadata.deletionTimestamp", operator: deleted }, ...more] },
      delay: { durationMilliseconds: delay },
      next: spec,
    },
  });
  const isNew = { key: ".status.podIP", operator: "DoesNotExist" };
  return [
    stage("pod-ready", "DoesNotExist", start, { statusTemplate: READY }, [isNew]),
    stage("pod-ended", "Exists", stop, { finalizers: { empty: true }, delete: true }),
  ]
    .map((each) => stringify(each))
    .join("---\n");
}

/** A Go template of the status of a pod whose containers are ready. */
const READY = `{{ $now := Now }}
conditions:
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: Initialized
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: Ready
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: ContainersReady
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  name: {{ .name | Quote }}
  ready: true
  restartCount: 0
  state:
    running:
      startedAt: {{ $now | Quote }}
{{ end }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
phase: Running
startTime: {{ $now | Quote }}
`;
