import { defineRule } from "../../rule.js";

/** The version that runs is not the declared one. See docs/checks.md, Upgrades. */
export const otherVersion = defineRule({
  code: "upgrade/other-version",
  severity: "warning",
  summary: "a store declares a version that its provider here does not run",
  help: "On one machine Keelson runs the PostgreSQL that it contains, and a cloud offers some versions of a product, whatever the platform file declares for other environments. What is tried with one version may behave differently with another, and a version that is not offered cannot be deployed.",
  check({ plan }, report) {
    for (const store of plan.stores) {
      const { versions, product, kind } = store.provider;
      if (versions === undefined || !("version" in store)) continue;
      const { offered, source } = versions;
      const { version, path, name } = store;
      if (offered.some((each) => isWithin(each, version) || isWithin(version, each))) continue;
      const newest = offered.at(-1) ?? version;
      report(`${path}.${store.kind}`, {
        why: `${name} declares version ${version}, but ${product} is version ${offered.join(", ")}${kind === "embedded" ? "" : ` (${source})`}`,
        fix: { edits: [{ path: `${path}.${store.kind}`, value: newest }], safe: false },
        advice:
          kind === "embedded"
            ? `declare ${newest} here, or run it in a container: \`keelson render FILE -t compose\``
            : `declare ${newest}, or run it in the cluster: \`provide: in-cluster\``,
      });
    }
  },
});

/** Whether `7.1.3` is of the series `7.1`, and `7.1` of `7`. */
function isWithin(version: string, series: string): boolean {
  return version === series || version.startsWith(`${series}.`);
}
