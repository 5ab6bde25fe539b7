import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import type { Plan } from "../../src/plan/plan.js";
import { veleroSchedules } from "../../src/plan/velero.js";
import { type Declaration, type DeclaredOfKind, declarations } from "../../src/render/declarations/index.js";
import { manifests } from "../../src/render/kubernetes/index.js";
import type { Note } from "../../src/render/note.js";
import { defineTarget, renderEnvironment } from "../../src/render/target.js";
import { type TargetName, targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";
import { runs } from "../support/property-runs.js";
import { arbitraryPlan } from "../support/render/arbitrary-plan.js";

const names: readonly TargetName[] = ["argocd", "compose", "helm", "kubernetes", "kustomize", "prometheus"];

const omissionsOf = (plan: Plan, writes: ReadonlySet<Declaration>): readonly Note[] =>
  declarations(plan)
    .filter(
      ({ kind, refines }) => !writes.has(kind) && (refines.length === 0 || refines.some((each) => writes.has(each))),
    )
    .map(({ path, omission }) => ({ path, message: omission }));

/** The notes that the files of single objects return, which a target has besides its omissions. */
function objectNotes(plan: Plan, name: TargetName): readonly Note[] {
  const { notes } = renderEnvironment(targets[name], plan);
  const omitted = omissionsOf(plan, targets[name].writes);
  return notes.slice(0, notes.length - omitted.length);
}

describe.each(names)("the notes of %s", (name) => {
  const target = targets[name];

  it("are those of its objects, then exactly the declarations that it does not render", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const { notes } = renderEnvironment(target, plan);
        const omitted = omissionsOf(plan, target.writes);
        expect(notes.slice(notes.length - omitted.length)).toEqual(omitted);
      }),
      { numRuns: runs(60) },
    );
  });

  it("and its files account for everything that a plan declares", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const noted = new Set(objectNotes(plan, name).map(({ path }) => path));
        const missing = declarations(plan).filter(
          (declared) =>
            target.writes.has(declared.kind) && !isVisible(name, plan, declared) && !noted.has(declared.path),
        );
        expect(missing).toEqual([]);
      }),
      { numRuns: runs(60) },
    );
  });

  it("contain no declaration twice", () => {
    fc.assert(
      fc.property(arbitraryPlan, (plan) => {
        const messages = renderEnvironment(target, plan).notes.map(({ path, message }) => `${path}: ${message}`);
        expect(new Set(messages).size).toBe(messages.length);
      }),
      { numRuns: runs(30) },
    );
  });

  it("are proven by a test of every kind that it writes", () => {
    expect(Object.keys(VISIBLE[name]).sort()).toEqual([...target.writes].sort());
  });
});

it("a target that renders nothing notes every declaration but refinements, and one that renders everything notes none", () => {
  const render = () => ({ files: [], secrets: [], notes: [] });
  const nothing = defineTarget({ name: "nothing", description: "", writes: new Set(), render });
  fc.assert(
    fc.property(arbitraryPlan, (plan) => {
      const declared = declarations(plan);
      expect(nothing.render(plan).notes).toHaveLength(declared.filter(({ refines }) => refines.length === 0).length);
      const everything = defineTarget({ ...nothing, writes: new Set(declared.map(({ kind }) => kind)), render });
      expect(everything.render(plan).notes).toEqual([]);
    }),
  );
});

it("a declaration has the path of its line in the platform file", () => {
  const plan = planOf(`platform: shop
cloud: aws
drills: { every: 90d, faults: [database-loss] }
cluster: { backups: { etcd: daily keep 7d } }
`);
  const at = (kind: Declaration) =>
    declarations(plan)
      .filter((declared) => declared.kind === kind)
      .map(({ path }) => plan.origins[path]?.line);
  expect(at("drill-schedule")).toEqual([3]);
  expect(at("etcd-backups")).toEqual([4]);
});

type Evidence = (plan: Plan, declared: DeclaredOfKind) => boolean;

function isVisible(name: TargetName, plan: Plan, declared: DeclaredOfKind): boolean {
  return VISIBLE[name][declared.kind]?.(plan, declared) ?? false;
}

const object = (plan: Plan, kind: string, name: string) =>
  manifests(plan).find((each) => each.object.kind === kind && each.object.metadata.name === name)?.object;

const workload = (plan: Plan, name: string) => object(plan, "Deployment", name) ?? object(plan, "StatefulSet", name);

/** The element that a declaration belongs to: its path is the element's own or below it. */
function owner<Element extends { readonly path: string }>(
  elements: readonly Element[],
  declared: DeclaredOfKind,
): Element | undefined {
  return elements.find(({ path }) => declared.path === path || declared.path.startsWith(`${path}.`));
}

const unitEvidence =
  (shows: (text: string) => boolean): Evidence =>
  (plan, declared) => {
    const unit = owner(plan.units, declared);
    return unit !== undefined && shows(JSON.stringify(workload(plan, unit.name) ?? ""));
  };

const storeEvidence =
  (shows: (plan: Plan, store: string) => boolean): Evidence =>
  (plan, declared) => {
    const store = owner(plan.stores, declared);
    return store !== undefined && shows(plan, store.name);
  };

const ingressEvidence =
  (pattern: RegExp): Evidence =>
  (plan) =>
    plan.entrances.every(({ name }) => pattern.test(JSON.stringify(object(plan, "Ingress", name) ?? "")));

const composeService: Evidence = (plan, declared) => {
  const text = targets.compose.render(plan).files.find(({ path }) => path === "compose.yaml")?.text ?? "";
  const { services } = composeFile.parse(parse(text, { version: "1.1" }));
  return services[owner([...plan.units, ...plan.stores], declared)?.name ?? ""] !== undefined;
};

const composeFile = z.object({ services: z.record(z.string(), z.object({ image: z.string() })) });

const prometheusFiles = (plan: Plan): string =>
  targets.prometheus
    .render(plan)
    .files.map(({ text }) => text)
    .join("\n");

const argocdFiles = (plan: Plan): string =>
  targets.argocd
    .render([plan])
    .files.map(({ text }) => text)
    .join("\n");

const applicationOf = (plan: Plan): string =>
  targets.argocd.render([plan]).files.find(({ path }) => path === `platform/application-${plan.environment}.yaml`)
    ?.text ?? "automated";

/** What the objects show, which the targets of a cluster write in different forms: test/charts compares these. */
const OBJECTS: Readonly<Partial<Record<Declaration, Evidence>>> = {
  units: unitEvidence((text) => text !== '""'),
  sidecars: unitEvidence((text) => text.includes('"restartPolicy":"Always"')),
  "resource-autoscaling": (plan, declared) =>
    object(plan, "HorizontalPodAutoscaler", owner(plan.units, declared)?.name ?? "") !== undefined,
  "request-sizing": (plan, declared) =>
    object(plan, "VerticalPodAutoscaler", owner(plan.units, declared)?.name ?? "") !== undefined,
  gpu: unitEvidence((text) => text.includes('"nvidia.com/gpu":"1"')),
  "container-stores": storeEvidence((plan, store) => object(plan, "StatefulSet", store) !== undefined),
  "replicated-stores": storeEvidence((plan, store) =>
    /"replicas":[2-9]/.test(JSON.stringify(object(plan, "StatefulSet", store) ?? "")),
  ),
  "full-backups": storeEvidence((plan, store) =>
    /pg_basebackup|redis-cli/.test(JSON.stringify(object(plan, "CronJob", `${store}-backup`) ?? "")),
  ),
  "log-backups": storeEvidence((plan, store) =>
    manifests(plan).some(
      ({ file, object }) => file === `${store}/config-map` && JSON.stringify(object).includes("archive_mode = on"),
    ),
  ),
  "snapshot-backups": storeEvidence((plan, store) =>
    JSON.stringify(object(plan, "CronJob", `${store}-backup`) ?? "").includes("--rdb"),
  ),
  "backup-destinations": () => false,
  "cluster-object-backups": (plan, declared) =>
    veleroSchedules(plan).some(
      ({ name, kind, path }) =>
        kind === "objects" && path === declared.path && object(plan, "Schedule", name) !== undefined,
    ),
  "volume-backups": (plan, declared) =>
    veleroSchedules(plan).some(
      ({ name, volumes }) =>
        volumes.some(({ backups }) => backups.path === declared.path) && object(plan, "Schedule", name) !== undefined,
    ),
  entrances: ingressEvidence(/"path":"\/"/),
  "public-hosts": ingressEvidence(/"host":"api\.example\.com"/),
  tls: ingressEvidence(/"cert-manager\.io\/cluster-issuer"/),
  waf: ingressEvidence(/"nginx\.ingress\.kubernetes\.io\/enable-modsecurity":"true"/),
  "dns-records": ingressEvidence(/"external-dns\.alpha\.kubernetes\.io\/hostname"/),
  "session-affinity": ingressEvidence(/"nginx\.ingress\.kubernetes\.io\/affinity":"cookie"/),
  "unit-metrics": (plan, declared) =>
    ["Deployment", "StatefulSet", "PodMonitor"].some((kind) =>
      /"(?:prometheus\.io\/)?path":"\/stats"/.test(
        JSON.stringify(object(plan, kind, owner(plan.units, declared)?.name ?? "") ?? ""),
      ),
    ),
};

const composeText = (plan: Plan, name: string) =>
  targets.compose.render(plan).files.find(({ path }) => path === name || path.endsWith(`/${name}`))?.text ?? "";

/** For each kind that a target writes: whether the rendered files show it. */
const VISIBLE: Readonly<Record<TargetName, Readonly<Partial<Record<Declaration, Evidence>>>>> = {
  argocd: {
    gitops: (plan) => argocdFiles(plan).includes("kind: Application"),
    "manual-sync": (plan) => !/automated/.test(applicationOf(plan)),
  },
  compose: {
    units: composeService,
    "container-stores": composeService,
    "metrics-storage": (plan) => /"?image"?: "?docker\.io\/prom\/prometheus:/.test(composeText(plan, "compose.yaml")),
    "unit-metrics": (plan) => composeText(plan, "prometheus.yml").includes("metrics_path: /stats"),
    entrances: (plan) => targets.compose.render(plan).files.some(({ text }) => /"?127\.0\.0\.1:\$\{/.test(text)),
  },
  helm: OBJECTS,
  kubernetes: OBJECTS,
  kustomize: OBJECTS,
  prometheus: {
    alerts: (plan) => /alert: /.test(prometheusFiles(plan)),
    "alert-routes": (plan) =>
      Object.values(plan.observe.routes).every(
        (receiver) => receiver === undefined || prometheusFiles(plan).includes(`receiver: ${receiver}`),
      ),
  },
};
