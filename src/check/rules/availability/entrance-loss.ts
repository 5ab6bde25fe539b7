import type { Edit } from "../../../platform-file/diagnostic.js";
import { entranceSubjects } from "../../../promises/subjects.js";
import { entranceAfterLoss } from "../../../promises/terms/entrance.js";
import type { BrokenPromise, CheckContext } from "../../context.js";
import { faultRule } from "../../fault-rule.js";

/** The loss of a node with the proxies of an entrance violates its RTO. See docs/checks.md, Availability. */
export const entranceLossRule = faultRule({
  code: "availability/entrance-loss",
  fault: "entrance-loss",
  summary: "the loss of the node that accepts the requests of an entrance violates its RTO",
  help: "Every request passes the proxies of the entrance's controller. The usual charts install one, and spread several over nothing: the loss of its node is then the outage of every service behind it, however many replicas those have.",
  event: "after the loss of the node with its proxies",
  otherwise:
    "install its controller with two proxies on different nodes, and declare them: `replicas: 2`, `spread: { nodes: require }`",
  edits: twoProxies,
});

/** The file states how the controller is installed; one machine has none. Empty if two proxies do not keep the promise. */
function twoProxies({ row, promised }: BrokenPromise, { plan }: CheckContext): readonly Edit[] {
  const subject = entranceSubjects(plan).find(({ path }) => path === row.path);
  if (!subject?.entrance.balancer) return [];
  const { entrance } = subject;
  const replicas = Math.max(2, entrance.replicas);
  const changed = { ...entrance, replicas, spread: { ...entrance.spread, nodes: "require" as const } };
  const predicted = entranceAfterLoss({ ...subject, entrance: changed }, plan, "node", new Map());
  if (predicted.kind !== "bounded" || predicted.total > promised) return [];
  return [
    { path: `${row.path}.replicas`, value: replicas },
    { path: `${row.path}.spread`, value: { nodes: "require" } },
  ];
}
