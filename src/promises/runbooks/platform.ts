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
