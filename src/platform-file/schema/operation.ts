import { z } from "zod";
import { faultNames } from "../faults.js";
import { serverUrl } from "./addresses.js";
import { name, oneOrMany } from "./names.js";
import { duration, ratio, schedule, version } from "./quantities.js";
import {
  argumentText,
  labelName,
  labelValue,
  objectName,
  repositoryFolder,
  repositoryUrl,
  revision,
} from "./syntax.js";
import { strategy } from "./workload.js";

const mutualTls = z.enum(["strict", "permissive", "off"]);

export const security = z
  .strictObject({
    network: z
      .enum(["default-deny", "open"])
      .describe("Network policies; `default-deny` allows declared calls only")
      .optional(),
    pods: z.enum(["restricted", "baseline", "privileged"]).describe("Pod Security Standard to enforce").optional(),
    mesh: z
      .union([
        z.literal("none"),
        z.strictObject({ istio: mutualTls.describe("Istio, with mutual TLS strict, permissive or off") }),
        z.strictObject({ linkerd: mutualTls.describe("Linkerd, with mutual TLS strict, permissive or off") }),
      ])
      .describe("Service mesh and its mutual TLS: `{ istio: strict }`")
      .optional(),
    identity: z.enum(["none", "irsa"]).describe("Workload identity of pods at the cloud").optional(),
    scan: z
      .enum(["none", "trivy"])
      .describe("Vulnerability scanner of images and configuration in the pipeline")
      .optional(),
    audit: z.boolean().describe("Record every administrative action in the audit log").optional(),
  })
  .meta({ id: "security" });

/** Switches off an alert that has a default. */
const off = z.literal(false);

/** A receiver of Alertmanager by its name. One that receives nothing would count as a person who is notified. */
const receiver = argumentText
  .min(1, { error: "it must not be empty" })
  .max(63, { error: "a receiver has at most 63 characters" })
  .refine((text) => !/^(?:none|null|false|off)$/i.test(text), {
    error: "it is the name of a receiver: leave the severity out if no one is notified",
  });

export const observe = z
  .strictObject({
    metrics: z.enum(["none", "prometheus"]).describe("Metrics backend").optional(),
    discovery: z
      .enum(["annotations", "pod-monitors"])
      .describe("How Prometheus finds pods: annotations, or PodMonitor objects of the Prometheus Operator")
      .optional(),
    logs: z.enum(["none", "loki", "cloudwatch"]).describe("Log backend").optional(),
    traces: z.enum(["none", "tempo", "jaeger"]).describe("Trace backend").optional(),
    otlp: serverUrl("set OTEL_EXPORTER_OTLP_HEADERS from a secret instead")
      .describe("OTLP endpoint for traces")
      .optional(),
    retention: duration.describe("Retention of metrics, logs and traces").optional(),
    alerts: z
      .strictObject({
        down: duration.or(off).describe("Alert when a component has been down this long").optional(),
        errors: ratio.or(off).describe("Alert above this error rate").optional(),
        availability: z
          .boolean()
          .describe("Alert when the error budget of the availability objective burns too fast")
          .optional(),
        database: z.boolean().describe("Alert when a database is unreachable").optional(),
        oom: z.boolean().describe("Alert when a container is OOM-killed").optional(),
        certificate: duration
          .or(off)
          .describe("Alert this long before a certificate expires; of one that is provided by hand only if declared")
          .optional(),
        backups: z.boolean().describe("Alert when the newest backup is older than its objective allows").optional(),
      })
      .describe("Alert conditions")
      .optional(),
    routes: z
      .strictObject({
        critical: receiver.describe("Receiver of critical alerts, e.g. pagerduty").optional(),
        warning: receiver.describe("Receiver of warning alerts, e.g. slack").optional(),
        info: receiver.describe("Receiver of informational alerts, e.g. email").optional(),
      })
      .describe("Alert receivers by severity")
      .optional(),
  })
  .meta({ id: "observe" });

export const delivery = z
  .strictObject({
    strategy: strategy.describe("Default rollout strategy of all units").optional(),
    gitops: z
      .enum(["none", "argocd"])
      .describe("GitOps controller that applies the files in the repository")
      .optional(),
    sync: z
      .enum(["automatic", "manual"])
      .describe("Whether the GitOps controller applies changes automatically")
      .optional(),
    repository: repositoryUrl
      .describe("Git repository with the rendered files: https://… or git@host:path; required by the target argocd")
      .optional(),
    revision: revision.describe("Branch, tag or commit that the GitOps controller follows; default HEAD").optional(),
    folder: repositoryFolder.describe("Folder of the repository with the rendered files; default deploy").optional(),
    approvals: z
      .strictObject({
        infrastructure: z.int().min(0).describe("Approvals required for an infrastructure change").optional(),
        production: z.int().min(0).describe("Approvals required for a release to production").optional(),
      })
      .describe("Required approvals")
      .optional(),
  })
  .meta({ id: "delivery" });

export const cluster = z
  .strictObject({
    name: name.describe("Name of the cluster, if environments share one").optional(),
    kubernetes: version.describe('Kubernetes version, quoted: "1.37"').optional(),
    storageClass: objectName.describe("Storage class of volumes; default: the default class of the cluster").optional(),
    volumes: z
      .enum(["local", "zonal", "regional"])
      .describe("What volumes survive: local: nothing, they are on the node's disk; zonal: a node; regional: a zone")
      .optional(),
    operators: z
      .number()
      .int()
      .min(1)
      .max(5)
      .describe("Replicas of the operators that run stores (CloudNativePG), on different nodes")
      .optional(),
    pullSecrets: z
      .array(objectName)
      .describe("Secrets of type kubernetes.io/dockerconfigjson that pull images from private registries")
      .optional(),
    labels: z
      .record(labelName, labelValue)
      .describe("Further labels of every object and pod, e.g. a team or a cost centre")
      .optional(),
    autoscaler: z
      .boolean()
      .describe("Cluster autoscaler: adds and removes nodes within the limits of each pool")
      .optional(),
    scaleDown: z
      .strictObject({
        unneeded: duration.describe("How long a node is not needed before it is removed").optional(),
        afterAdd: duration.describe("How long after a node was added none is removed").optional(),
        utilisation: ratio.describe("Requests of a node, in percent, below which it is not needed").optional(),
      })
      .describe("When the cluster autoscaler removes nodes; default: its own")
      .optional(),
    backups: z
      .strictObject({
        objects: schedule
          .describe("Backup of the objects of the namespace by Velero, e.g. `at 01:00 keep 30d`")
          .optional(),
        etcd: schedule.describe("Snapshots of etcd, e.g. `6h keep 7d`").optional(),
        configuration: schedule.describe("Backup of the configuration, e.g. `on change keep 90d`").optional(),
        to: oneOrMany(name).describe("Buckets for the backups").optional(),
      })
      .describe("Backups of the cluster")
      .optional(),
  })
  .meta({ id: "cluster" });

export const drills = z
  .strictObject({
    every: duration.describe("Maximum time between two drills of a fault, e.g. 90d"),
    faults: z.array(z.enum(faultNames)).min(1).describe("Faults to inject"),
  })
  .meta({ id: "drills" });
