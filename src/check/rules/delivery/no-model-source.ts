import type { Model, Plan, Unit } from "../../../plan/plan.js";
import { defineRule } from "../../rule.js";

/** No source of a model can be used in a container. See docs/checks.md, Delivery. */
export const noModelSource = defineRule({
  code: "delivery/no-model-source",
  severity: "error",
  summary: "a model runs in a container that can use none of its sources",
  help: "A `pypi://` source is downloaded by pip, and the image of the platform contains no Python. If a model has no other source, its container starts without the model: requests fail, or are answered by the simulator if it is the fallback.",
  check({ plan }, report) {
    // On one machine the sources are downloaded by its own pip.
    if (plan.provide === "embedded") return;
    for (const model of plan.models) {
      const unit = plan.units.find(({ name }) => name === model.unit);
      if (unit === undefined || !onlyWheels(model) || hasOwnImage(unit, plan)) continue;
      const outcome = model.simulated ? "its requests are answered by the simulator" : "its requests fail";
      report(`${model.path}.source`, {
        severity: model.simulated ? "warning" : "error",
        why: `${model.name}: its container has no pip for ${model.sources.map(({ from }) => from).join(", ")}, so ${outcome}`,
        advice:
          "add a source of the model hub (`hf://OWNER/REPOSITORY/FILE.gguf`), or set `image` of the model to one that contains pip",
      });
    }
  },
});

function onlyWheels({ sources }: Model): boolean {
  return sources.length > 0 && sources.every(({ kind }) => kind === "pypi");
}

/** The model module in another image than the platform's, which may contain pip. */
function hasOwnImage({ modules, image }: Unit, plan: Plan): boolean {
  return modules.length > 0 && image.path !== plan.image.path;
}
