/**
 * The minimum of a proxy in Node: `node:http` in, an undici pool out, bytes forwarded unchanged. No keys, no counting, no retries.
 * The gateway's figures are ratios to this one. `node bare-proxy.js UPSTREAM_URL` prints its port.
 */
import { createServer } from "node:http";
import { Pool } from "undici";

const upstream = process.argv[2];
if (upstream === undefined) throw new Error("usage: bare-proxy UPSTREAM_URL");
const pool = new Pool(upstream, { connections: 128 });

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    pool.stream(
      {
        path: request.url ?? "/",
        method: "POST",
        headers: { "content-type": "application/json" },
        body: Buffer.concat(parts),
        signal: abort.signal,
      },
      ({ statusCode, headers }) => {
        for (const name of ["content-type", "content-length"]) {
          const value = headers[name];
          if (value !== undefined) response.setHeader(name, value);
        }
        response.writeHead(statusCode);
        return response;
      },
      (error) => {
        if (error && !response.headersSent) response.writeHead(502).end();
      },
    );
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`${address.port}\n`);
});
