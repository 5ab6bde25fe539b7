import type { Cited, Cloud, Store } from "../../plan/plan.js";
import { storeTraits } from "../../plan/stores/index.js";
import { failsOver } from "../subjects.js";

/** The availability of one machine, from the cloud's SLA; undefined without an SLA. */
export function machineAvailability(cloud: Cloud): Cited | undefined {
  switch (cloud) {
    case "aws":
      return { value: 0.995, source: "Amazon EC2 instance-level SLA: 99.5 %" };
    case "linode":
      return { value: 0.9999, source: "Linode compute SLA: 99.99 %" };
    case "none":
      return undefined;
  }
}

/** The availability of what a whole region shares: network, power and control plane. */
export function siteAvailability(cloud: Cloud, zones: number): Cited | undefined {
  switch (cloud) {
    case "aws":
      return zones > 1
        ? { value: 0.9999, source: "Amazon EC2 region-level SLA over two or more zones: 99.99 %" }
        : { value: 0.995, source: "Amazon EC2 instance-level SLA, all that is guaranteed within one zone: 99.5 %" };
    case "linode":
      return { value: 0.999, source: "Linode non-compute SLA (Kubernetes Engine, NodeBalancer): 99.9 %" };
    case "none":
      return undefined;
  }
}

/** The availability of a managed store, from its provider's SLA. */
export function managedAvailability(store: Store, cloud: Cloud): Cited | undefined {
  switch (cloud) {
    case "aws":
      if (store.kind === "bucket") return { value: 0.999, source: "Amazon S3 SLA: 99.9 %" };
      if (store.kind === "postgres") {
        return failsOver(store) && store.standby === "another-zone"
          ? { value: 0.9995, source: "Amazon RDS Multi-AZ SLA: 99.95 %" }
          : { value: 0.995, source: "Amazon RDS single-instance SLA: 99.5 %" };
      }
      return storeTraits(store).copies > 1
        ? { value: 0.999, source: "Amazon ElastiCache and Amazon MQ SLA over several zones: 99.9 %" }
        : undefined;
    case "linode":
      return { value: 0.999, source: "Linode non-compute SLA (Managed Databases, Object Storage): 99.9 %" };
    case "none":
      return undefined;
  }
}
