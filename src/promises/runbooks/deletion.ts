import type { Plan } from "../../plan/plan.js";
import type { BucketStore, DatabaseStore } from "../../plan/stores/index.js";
import { restoreBase } from "../subjects.js";
import { onOneMachine } from "../terms/machine.js";
import type { Runbook } from "./runbook.js";

/** Tables, rows or a whole database are deleted. */
export function restoreDeletedRows(database: DatabaseStore, plan: Plan): Runbook {
  const { name, provider } = database;
  return {
    id: "restore-deleted-rows",
    subject: name,
    title: `Restore what was deleted from ${name}`,
    when: `tables or rows of ${name} are missing, or its namespace is`,
    steps: [
      { action: "Find out who deletes, and revoke that access first: a script may still run." },
      { action: "Find the moment before the deletion in the audit log, and note the time in UTC." },
      restoreBase(database) && onOneMachine(plan)
        ? {
            action:
              "Restore the database to that moment. Writes since then are lost: export those that are needed first.",
            command: "keelson restore latest --at TIME",
          }
        : restoreBase(database)
          ? { action: `Restore to a second server with ${provider.product}, up to that moment and no further.` }
          : { action: `Nothing can be restored: no backup of ${name} is taken.` },
      ...(onOneMachine(plan)
        ? []
        : [
            {
              action:
                "Copy the deleted tables or rows back into the running database: other writes since the deletion are kept. Replace the database only if all of it was deleted.",
            },
          ]),
      { action: "Notify the users of writes to the deleted rows that were refused meanwhile." },
    ],
    done: `the deleted rows of ${name} are readable again, and the access that deleted them is revoked`,
  };
}

/** Objects of a bucket are deleted. */
export function restoreDeletedObjects({ name, versions, provider }: BucketStore, _plan: Plan): Runbook {
  return {
    id: "restore-deleted-objects",
    subject: name,
    title: `Restore what was deleted from ${name}`,
    when: `objects of ${name} are missing`,
    steps: [
      { action: "Find out who deletes, and revoke that access first: a script may still run." },
      versions
        ? { action: `List the delete markers of ${name} since the deletion, and delete the markers themselves.` }
        : { action: `Ask ${provider.product} whether anything can be recovered: ${name} keeps no versions.` },
      { action: "Compare the list of objects with that of the component that stores them." },
    ],
    done: `the components that call ${name} read their objects again`,
  };
}

/** The namespace is deleted, with everything in it. */
export function deployNamespaceAgain(plan: Plan): Runbook {
  return {
    id: "deploy-namespace-again",
    subject: plan.platform,
    title: `Deploy the namespace ${plan.namespace} again`,
    when: `the namespace ${plan.namespace} is missing or terminating`,
    steps: [
      { action: "Find out who deleted it, and revoke that access first." },
      {
        action:
          "Wait until the old namespace is deleted. Remove finalizers only of objects whose operator is deleted too.",
        command: `kubectl get namespace ${plan.namespace} -o yaml`,
      },
      { action: "Set the secrets that were only in the namespace, from their source." },
      { action: "Deploy.", command: "keelson deploy FILE -e ENV" },
      { action: "Restore each database that ran in it, with its own runbook." },
    ],
    done: "the entrance serves requests, and every database contains its rows",
  };
}
