import { firstDeclared } from "../../declared-path.js";
import { defineRule } from "../../rule.js";

/** Two environments have the same objects. See docs/checks.md, Delivery. */
export const sharedNamespace = defineRule({
  code: "delivery/shared-namespace",
  severity: "error",
  summary: "two environments of one cluster have the same namespace",
  help: "The objects of an environment are identified by their namespace and name. Two environments with the same ones overwrite each other: a deployment to staging replaces what runs in production.",
  check({ plan, sameCluster }, report) {
    const { namespace, environment, cluster } = plan;
    const others = sameCluster.filter((each) => each.namespace === namespace && each.environment !== environment);
    if (plan.provide === "embedded" || others.length === 0) return;
    const names = [environment, ...others.map((each) => each.environment)].sort();
    report(firstDeclared(plan, "namespace", "cluster.name"), {
      why: `the environments ${names.join(" and ")} share the namespace ${namespace} of the cluster ${cluster.name}, so each replaces the objects of the other`,
      advice: `give each its own: \`namespace: ${namespace}-${environment}\``,
      fix: { edits: [{ path: "namespace", value: `${namespace}-${environment}` }], safe: false },
    });
  },
});
