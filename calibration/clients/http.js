// A client of an HTTP service: each request has a connection of its own, so that the Service chooses a server for it.
// node http.js '{"url": …, "headers": …, "body": …}'
import { request } from "node:http";
import { serve } from "./serve.js";

const { url, headers, body } = JSON.parse(process.argv[2]);
/** Longer than the caller waits, which counts it as failed. */
const LIMIT_MS = 5_000;

serve({
  post: () =>
    new Promise((resolve, reject) => {
      const options = { method: "POST", headers, agent: false, timeout: LIMIT_MS };
      const sent = request(url, options, (response) => {
        response.resume();
        response.on("error", reject);
        response.on("end", () =>
          response.statusCode === 200 ? resolve(true) : reject(new Error(`status ${response.statusCode}`)),
        );
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer")));
      sent.on("error", reject);
      sent.end(body);
    }),
});
