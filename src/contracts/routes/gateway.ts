import { INTERNAL_TOKEN, MEMBER } from "../authority.js";
import { listedModels, modelList } from "../models.js";
import { defineRoute } from "../route.js";

export const modelRoutes = {
  readModels: defineRoute({
    method: "GET",
    path: "/admin/models",
    summary: "List the models with their engines and states; for operators also with targets, queues and rates",
    tag: "models",
    authority: MEMBER,
    json: listedModels,
  }),
};

/** The gateway for the other modules of the platform. */
export const gatewayInternalRoutes = {
  readModelsInternally: defineRoute({
    method: "GET",
    path: "/internal/gateway/models",
    summary: "List the models with their engines, targets, queues and rates",
    tag: "internal",
    authority: INTERNAL_TOKEN,
    json: modelList,
  }),
};
