import { missingExtensions } from "../../../plan/postgres-extensions.js";
import { isDatabase, storeImage } from "../../../plan/stores/index.js";
import { defineRule } from "../../rule.js";

/** The image of a database lacks a declared extension. See docs/checks.md, Delivery. */
export const extensionMissing = defineRule({
  code: "delivery/extension-missing",
  severity: "error",
  summary: "the image of a database does not contain a declared extension",
  help: "Declared extensions are created when the server starts for the first time. If its image does not contain one, this start fails, and the database never becomes ready.",
  check({ plan }, report) {
    for (const database of plan.stores.filter(isDatabase)) {
      if (database.provider.kind !== "in-cluster" || database.patches.length > 0) continue;
      const image = storeImage(database);
      if (image === undefined) continue;
      const missing = missingExtensions(image.product, database.extensions);
      if (missing.length === 0) continue;
      report(`${database.path}.extensions`, {
        why: `${database.name} runs on ${database.provider.product}, whose image does not contain ${missing.join(", ")}`,
        advice:
          "use a managed database that offers it (`provide: managed`), or set an image that contains it and its libraries by `patch`",
      });
    }
  },
});
