import { gatewayInternalRoutes } from "../../contracts/routes/gateway.js";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import { callModule } from "../admin/index.js";
import type { Gateway } from "./client.js";

const RESPONSE_TIMEOUT_MS = 5_000;

/** The gateway in another process at `url`. Throws KeelsonError `gateway/unavailable` if it is unreachable. */
export function gatewayOverHttp(url: string, token: string): Gateway {
  const remote = { url, token, timeoutMs: RESPONSE_TIMEOUT_MS };
  return {
    async models() {
      try {
        return (await callModule(remote, gatewayInternalRoutes.readModelsInternally, {})).models;
      } catch (error) {
        throw new KeelsonError("gateway/unavailable", `the gateway at ${url} is unreachable: ${messageOf(error)}`, {
          cause: error,
        });
      }
    },
  };
}
