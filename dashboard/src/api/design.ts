import { useQuery } from "@tanstack/react-query";
import { designRoutes } from "../../../src/contracts/routes/dashboard.js";
import { call } from "./client.js";

export type { Design, DesignComparison, DesignFinding, DesignValue } from "../../../src/contracts/design.js";

/** The platform file that the platform was started with. It changes only with a new start. */
export function useDesign() {
  return useQuery({
    queryKey: ["design"],
    queryFn: ({ signal }) => call(designRoutes.readDesign, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The promises that differ; `against` undefined: from the file as it is now. */
export function useDesignChanges(against: string | undefined) {
  return useQuery({
    queryKey: ["design", "changes", against],
    queryFn: ({ signal }) =>
      call(designRoutes.readDesignChanges, { query: against === undefined ? {} : { against } }, signal),
    retry: false,
  });
}
