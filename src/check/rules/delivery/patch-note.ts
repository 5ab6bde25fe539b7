import { defineRule } from "../../rule.js";

/** A patch changes rendered objects. See docs/checks.md, Delivery. */
export const patchNote = defineRule({
  code: "delivery/patch-note",
  severity: "note",
  summary: "a patch changes what a target renders, which promises and checks do not consider",
  help: "A patch sets fields of rendered objects that the platform file has no setting for. What it changes is not in the plan: promises and checks apply to the platform without it.",
  check({ plan }, report) {
    for (const { name, patches } of [...plan.units, ...plan.stores, ...plan.entrances]) {
      for (const { target, path } of patches) {
        report(path, {
          why: `${name} is patched for ${target}; promises and checks do not consider the patch`,
          advice: "if the setting is of general use, request a setting of the platform file for it",
        });
      }
    }
  },
});
