import { formatImage } from "../../plan/images.js";
import type { Plan, Unit } from "../../plan/plan.js";
import { jsonMapOf } from "../environments/json.js";
import type { NamedObject } from "../environments/variants.js";
import { selector } from "../kubernetes/metadata.js";
import { containerSecurityContext, podSecurityContext } from "../kubernetes/security-context.js";

const NAME = "connection-test";

/** Label of the pod of the test: policies that exist only during the test admit it. */
const LABEL = { "keelson.dev/test": NAME };

const PROBE_TIMEOUT_SECONDS = 10;

/**
 * `helm test`: a pod that asks every unit behind an entrance whether it is ready, and network policies that allow it. Empty if no unit
 * behind an entrance has a health check by HTTP.
 */
export function connectionTest(plan: Plan): readonly NamedObject[] {
  const targets = entranceUnits(plan).flatMap((unit) => {
    const url = readinessUrl(unit);
    return url === undefined ? [] : [{ unit, ...url }];
  });
  if (targets.length === 0) return [];
  const hook = (weight: number) => ({
    "helm.sh/hook": "test",
    "helm.sh/hook-weight": String(weight),
    "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
  });
  const metadata = (name: string, weight: number) => ({
    name,
    namespace: plan.namespace,
    labels: LABEL,
    annotations: hook(weight),
  });
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata(NAME, 1),
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: podSecurityContext(),
      containers: [
        {
          name: NAME,
          image: formatImage(plan.image),
          command: ["node", "--input-type=module", "--eval"],
          args: [script(targets.map(({ url }) => url))],
          securityContext: containerSecurityContext(),
          resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
        },
      ],
    },
  };
  const egress = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(NAME, 0),
    spec: {
      podSelector: { matchLabels: LABEL },
      policyTypes: ["Egress"],
      egress: targets.map(({ unit, port }) => ({
        to: [{ podSelector: { matchLabels: selector(plan, unit.name) } }],
        ports: [{ protocol: "TCP", port }],
      })),
    },
  };
  const ingress = targets.map(({ unit, port }) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(`${NAME}-${unit.name}`, 0),
    spec: {
      podSelector: { matchLabels: selector(plan, unit.name) },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: { matchLabels: LABEL } }], ports: [{ protocol: "TCP", port }] }],
    },
  }));
  return [egress, ...ingress, pod].map((object) => ({
    file: `tests/${object.metadata.name}-${object.kind === "Pod" ? "pod" : "network-policy"}`,
    object: jsonMapOf(object),
  }));
}

function entranceUnits(plan: Plan): readonly Unit[] {
  const names = new Set(plan.entrances.flatMap(({ routes }) => routes.map(({ unit }) => unit)));
  return plan.units.filter(({ name }) => names.has(name));
}

function readinessUrl(unit: Unit): { readonly url: string; readonly port: number } | undefined {
  const { ready } = unit.health;
  if (ready.http === undefined) return undefined;
  const port = unit.ports.find(({ name }) => name === ready.port) ?? unit.ports[0];
  return port && { url: `http://${unit.name}:${port.number}${ready.http}`, port: port.number };
}

function script(urls: readonly string[]): string {
  return [
    `for (const url of ${JSON.stringify(urls)}) {`,
    `  const { status } = await fetch(url, { signal: AbortSignal.timeout(${PROBE_TIMEOUT_SECONDS * 1000}) });`,
    "  console.log(`${url}: ${status}`);",
    "  if (status >= 400) process.exitCode = 1;",
    "}",
    "",
  ].join("\n");
}
