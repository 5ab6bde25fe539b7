import { request } from "undici";
import { KeelsonError } from "../../errors/keelson-error.js";
import { messageOf } from "../../errors/thrown.js";
import type { Gateway } from "./client.js";
import { modelsReply } from "./wire.js";

const timeout = 5_000;

/** The gateway in another process at `url`. Throws KeelsonError `gateway/unavailable` when it does not answer. */
export function gatewayOverHttp(url: string, token: string): Gateway {
  const address = `${url.replace(/\/$/, "")}/internal/gateway/models`;
  return {
    async models() {
      try {
        const { statusCode, body } = await request(address, {
          headers: { authorization: `Bearer ${token}` },
          headersTimeout: timeout,
          bodyTimeout: timeout,
        });
        const text = await body.text();
        if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
        return modelsReply.parse(JSON.parse(text)).models;
      } catch (error) {
        const reason = messageOf(error);
        throw new KeelsonError("gateway/unavailable", `the gateway at ${url} does not answer: ${reason}`, {
          cause: error,
        });
      }
    },
  };
}
