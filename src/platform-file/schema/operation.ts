import { z } from "zod";
import { faultNames } from "../faults.js";
import { name, oneOrMany } from "./names.js";
import { duration, ratio, schedule, version } from "./quantities.js";
import { strategy } from "./workload.js";

const mutualTls = z.enum(["strict", "permissive", "off"]);

export const security = z
  .strictObject({
    network: z.enum(["default-deny", "open"]).describe("`default-deny` opens only declared calls").optional(),
    pods: z
      .enum(["restricted", "baseline", "privileged"])
      .describe("Pod security standard that is enforced")
      .optional(),
    mesh: z
      .union([
        z.literal("none"),
        z.strictObject({ istio: mutualTls.describe("Istio, with mutual TLS strict, permissive or off") }),
        z.strictObject({ linkerd: mutualTls.describe("Linkerd, with mutual TLS strict, permissive or off") }),
      ])
      .describe("Service mesh and its mutual TLS: `{ istio: strict }`")
      .optional(),
    identity: z.enum(["none", "irsa"]).describe("How pods prove to the cloud who they are").optional(),
    scan: z.enum(["none", "trivy"]).describe("Scanner of images and configuration in the pipeline").optional(),
    audit: z.boolean().describe("Every administrative act goes to the audit log").optional(),
  })
  .meta({ id: "security" });

export const observe = z
  .strictObject({
    metrics: z.enum(["none", "prometheus"]).describe("Who keeps metrics").optional(),
    logs: z.enum(["none", "loki", "cloudwatch"]).describe("Who keeps logs").optional(),
    traces: z.enum(["none", "tempo", "jaeger"]).describe("Who keeps traces").optional(),
    otlp: z
      .url({ protocol: /^https?$/ })
      .describe("OTLP endpoint that traces are sent to")
      .optional(),
    retention: duration.describe("Metrics, logs and traces are kept this long").optional(),
    alerts: z
      .strictObject({
        down: duration.describe("Alert when something has been down this long").optional(),
        errors: ratio.describe("Alert above this error rate").optional(),
        availability: z.boolean().describe("Alert when the availability objective is being spent too fast").optional(),
        database: z.boolean().describe("Alert when databases cannot be reached").optional(),
        oom: z.boolean().describe("Alert on kills for want of memory").optional(),
        backups: z.boolean().describe("Alert when the newest backup is too old for its objective").optional(),
      })
      .describe("What is watched")
      .optional(),
    routes: z
      .strictObject({
        critical: z.string().describe("Receiver of critical alerts, e.g. pagerduty").optional(),
        warning: z.string().describe("Receiver of warnings, e.g. slack").optional(),
        info: z.string().describe("Receiver of notes, e.g. email").optional(),
      })
      .describe("Who is told")
      .optional(),
  })
  .meta({ id: "observe" });

export const delivery = z
  .strictObject({
    strategy: strategy.describe("How new versions replace old ones, for units that say nothing themselves").optional(),
    gitops: z.enum(["none", "argocd"]).describe("What applies the files in the repository").optional(),
    sync: z.enum(["automatic", "manual"]).describe("Whether changes are applied by themselves").optional(),
    approvals: z
      .strictObject({
        infrastructure: z.int().min(0).describe("People who approve a change of infrastructure").optional(),
        production: z.int().min(0).describe("People who approve a release to production").optional(),
      })
      .describe("Who must agree")
      .optional(),
  })
  .meta({ id: "delivery" });

export const cluster = z
  .strictObject({
    name: name.describe("Name of the cluster, when environments share one").optional(),
    kubernetes: version.describe('Kubernetes version, quoted: "1.34"').optional(),
    autoscaler: z.boolean().describe("Machines are added and removed within each pool's bounds").optional(),
    backups: z
      .strictObject({
        objects: schedule.describe("Cluster objects and volumes (Velero), e.g. `at 01:00 keep 30d`").optional(),
        etcd: schedule.describe("Snapshots of etcd, e.g. `6h keep 7d`").optional(),
        configuration: schedule.describe("Configuration, e.g. `on change keep 90d`").optional(),
        to: oneOrMany(name).describe("Buckets that copies go to").optional(),
      })
      .describe("Copies of the cluster itself")
      .optional(),
  })
  .meta({ id: "cluster" });

export const drills = z
  .strictObject({
    every: duration.describe("Each fault is rehearsed at least this often, e.g. 90d"),
    faults: z.array(z.enum(faultNames)).min(1).describe("Faults that are rehearsed"),
  })
  .meta({ id: "drills" });
