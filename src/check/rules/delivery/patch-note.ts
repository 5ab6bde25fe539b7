import { defineRule } from "../../rule.js";

/** A door out of the model: allowed, and always in sight. */
export const patchNote = defineRule({
  code: "delivery/patch-note",
  severity: "note",
  summary: "a patch changes what a target writes, unseen by every promise and check",
  help: "Patches exist so that nobody needs a fork. What they change, though, is not in the plan: promises and checks speak of the platform without it.",
  check(plan, report) {
    for (const { name, patches } of [...plan.units, ...plan.stores, ...plan.entrances]) {
      for (const { target, path } of patches) {
        report(path, {
          why: `${name} is patched for ${target}; promises and checks do not see what the patch changes`,
          advice: "if many need it, it should be a field of the platform file",
        });
      }
    }
  },
});
