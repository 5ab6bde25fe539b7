import { CONTROLLERS } from "../../../plan/entrances/index.js";
import { defineRule } from "../../rule.js";

/** An entrance controller is no longer maintained. See docs/checks.md, Upgrades. */
export const controllerRetired = defineRule({
  code: "upgrade/controller",
  severity: "warning",
  summary: "an entrance is served by a controller that is no longer maintained",
  help: "The controller parses requests of the whole internet, with the certificates of the platform in its memory. Without maintenance its next vulnerability stays open. The Gateway API has several maintained controllers.",
  check({ plan }, report) {
    for (const { name, path, controller } of plan.entrances) {
      const { retired } = CONTROLLERS[controller];
      if (retired === undefined) continue;
      report(`${path}.controller`, {
        why: `${name} is served by ${controller}: ${retired}`,
        advice: "use `controller: gateway-api`, and install its controller beside the old one first",
        fix: { edits: [{ path: `${path}.controller`, value: "gateway-api" }], safe: false },
      });
    }
  },
});
