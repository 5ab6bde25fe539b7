import type { Plan } from "../../plan/plan.js";
import type { DatabaseStore } from "../../plan/stores/index.js";
import { isDatabase } from "../../plan/stores/index.js";
import { restorableAfterZoneLoss } from "../terms/backup-location.js";
import type { Runbook } from "./runbook.js";

/** The only zone has failed, and the whole platform with it. */
export function rebuildElsewhere(plan: Plan): Runbook {
  const databases = plan.stores.filter(isDatabase);
  const names = (some: readonly DatabaseStore[]): string => some.map(({ name }) => name).join(", ");
  const restored = databases.filter((database) => restorableAfterZoneLoss(database, plan));
  const lost = databases.filter((database) => !restorableAfterZoneLoss(database, plan));
  return {
    id: "rebuild-elsewhere",
    subject: plan.platform,
    title: `Rebuild ${plan.platform} in another region`,
    when: "the only zone has failed, and the cloud announces no time for its recovery",
    steps: [
      { action: "Decide whether to wait: a move to another region takes hours, and so does the move back." },
      {
        action: "Set another region in the environment, and review what that changes.",
        command: "keelson render FILE -e ENV -t kubernetes -o DIR --diff",
      },
      { action: "Deploy there." },
      ...(restored.length > 0
        ? [{ action: `Restore from the newest backup outside the zone: ${names(restored)}.` }]
        : []),
      ...(lost.length > 0
        ? [
            {
              action: `Notify the users that these start empty, because no backup is outside the zone: ${names(lost)}.`,
            },
          ]
        : []),
      { action: "Change the DNS record." },
    ],
    done: "the entrance serves requests from the new region, and the promise sheet of the new region shows no broken promise",
  };
}

/** The primary region has failed, and a standby region takes over. */
export function failOverToRegion(plan: Plan): Runbook {
  const standby = plan.regions.find(({ role }) => role === "standby");
  const to = standby?.name ?? "the standby region";
  const databases = plan.stores.filter(isDatabase);
  return {
    id: "fail-over-to-region",
    subject: plan.platform,
    title: `Fail ${plan.platform} over to ${to}`,
    when: "the primary region is unavailable, and its provider announces no time for its recovery",
    steps: [
      {
        action:
          "Stop the writers of the primary region, if they can be reached: two regions must not both accept writes.",
      },
      ...databases.map(({ name }) => ({
        action: `Promote the copy of ${name} in ${to}, and note the age of its last write.`,
      })),
      ...(standby?.mode === "cold"
        ? [
            {
              action: `Create the cluster in ${to} and deploy the platform there.`,
              command: "keelson deploy FILE -e ENV",
            },
          ]
        : [{ action: `Scale the components in ${to} to the size of the primary region.` }]),
      {
        action: "Check that DNS answers with the address of the standby region, and change the record if it does not.",
      },
    ],
    done: `the entrance serves requests from ${to}, and its writes are in the promoted databases`,
  };
}

/** The cluster is lost. */
export function rebuildCluster(plan: Plan): Runbook {
  const databases = plan.stores.filter(isDatabase).filter(({ provider }) => provider.kind === "in-cluster");
  return {
    id: "rebuild-cluster",
    subject: plan.platform,
    title: `Rebuild the cluster of ${plan.platform}`,
    when: "the cluster is deleted, or its control plane cannot be repaired",
    steps: [
      { action: "Create a cluster of the same version, with its node pools and add-ons." },
      { action: "Set the secrets from their source." },
      { action: "Deploy.", command: "keelson deploy FILE -e ENV" },
      ...databases.map(({ name }) => ({ action: `Restore ${name} from its newest backup outside the cluster.` })),
      { action: "Check that DNS answers with the address of the new entrance." },
    ],
    done: "the entrance serves requests, and every database contains its rows",
  };
}

/** The control plane does not answer. */
export function repairControlPlane(plan: Plan): Runbook {
  return {
    id: "repair-control-plane",
    subject: plan.platform,
    title: `Repair the control plane of ${plan.platform}`,
    when: "the API server of the cluster does not answer, and the entrance does",
    steps: [
      { action: "Restart and drain no node: its pods could not be scheduled again." },
      { action: "Of a managed control plane, read the provider's status page and open a case." },
      {
        action:
          "Of one of your own, find the member of etcd that failed, and restore etcd from its backup if a majority is lost.",
      },
      { action: 'If it cannot be repaired, continue with the runbook "Rebuild the cluster".' },
    ],
    done: "`kubectl get nodes` answers, and no pod is pending",
  };
}
