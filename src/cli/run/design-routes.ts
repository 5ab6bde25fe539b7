import { revision } from "../../contracts/design.js";
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
  return {
    "GET /design": async () => ({ status: 200, body: designDocument(started, plan, today()) }),
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
