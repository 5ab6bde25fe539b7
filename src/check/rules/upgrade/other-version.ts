import { defineRule } from "../../rule.js";

/** The version that runs is not the declared one. See docs/checks.md, Upgrades. */
export const otherVersion = defineRule({
  code: "upgrade/other-version",
  severity: "warning",
  summary: "a store declares a version that its provider here does not run",
  help: "On one machine Keelson runs the PostgreSQL that it contains, whatever version the platform file declares for other environments. What is tried there may behave differently in production.",
  check({ plan }, report) {
    for (const store of plan.stores) {
      const { onlyVersion, product } = store.provider;
      if (onlyVersion === undefined || !("version" in store)) continue;
      const [major] = store.version.split(".");
      if (major === onlyVersion) continue;
      report(`${store.path}.${store.kind}`, {
        why: `${store.name} declares version ${store.version}, but ${product} is version ${onlyVersion}`,
        fix: { edits: [{ path: `${store.path}.${store.kind}`, value: Number(onlyVersion) }], safe: false },
        advice: `declare ${onlyVersion} here, or run it in a container: \`keelson render FILE -t compose\``,
      });
    }
  },
});
