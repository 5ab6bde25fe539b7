import { type Design, revision } from "../../contracts/design.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import type { ControlRoutes } from "../../local/control/server.js";
import type { Plan } from "../../plan/plan.js";
import { designComparison, designDocument } from "../design/design-document.js";
import { today } from "../design/today.js";
import { type Loaded, loadPlatform } from "../platform/load.js";
import { loadRevision } from "../platform/revision.js";

/**
 * What the dashboard shows of the platform file: the version that the platform was started with, and its differences from the file as it
 * is now and from revisions of its repository. Other files are not read.
 */
export function designRoutes(started: Loaded, plan: Plan): ControlRoutes {
  const { environment } = plan;
  // The file and the plan do not change while the platform runs; what has ended by today changes once a day.
  let known: { readonly day: string; readonly document: Design } | undefined;
  const document = (day: string): Design => {
    if (known?.day !== day) known = { day, document: designDocument(started, plan, day) };
    return known.document;
  };
  return {
    "GET /design": async () => ({ status: 200, body: document(today()) }),
    "GET /design/changes": async () => ({
      status: 200,
      body: designComparison(
        started,
        { ...(await loadPlatform(started.path)), file: `${started.file} now` },
        environment,
      ),
    }),
    "GET /design/changes/:revision": async ({ parameters }) => {
      const named = revision.safeParse(decodeURIComponent(parameters["revision"] ?? ""));
      if (!named.success)
        throw new KeelsonError("revision/unreadable", "the revision has characters that Git does not use", {
          hint: "name a branch, a tag or a commit",
        });
      return {
        status: 200,
        body: designComparison(await loadRevision(named.data, started.path), started, environment),
      };
    },
  };
}
