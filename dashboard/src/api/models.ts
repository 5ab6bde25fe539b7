import { useQuery } from "@tanstack/react-query";
import { modelRoutes } from "../../../src/contracts/routes/gateway.js";
import { call } from "./client.js";

export type { ListedModel, TargetStatus } from "../../../src/contracts/models.js";

const REFRESH_INTERVAL_MS = 3_000;

export function useModels() {
  return useQuery({
    queryKey: ["models"],
    queryFn: async ({ signal }) => (await call(modelRoutes.readModels, {}, signal)).models,
    refetchInterval: REFRESH_INTERVAL_MS,
  });
}
