import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, expect, it } from "vitest";
import { KubernetesClient } from "../../src/kubernetes/client.js";

let server: Server | undefined;
let client: KubernetesClient | undefined;
afterEach(async () => {
  await client?.close();
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
});

async function connect(listener: RequestListener): Promise<KubernetesClient> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  const address = started.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  client = new KubernetesClient({
    description: "a test",
    server: `http://127.0.0.1:${address.port}`,
    authority: undefined,
    verify: true,
    serverName: undefined,
    namespace: undefined,
    credentials: async () => ({ client: undefined, authorization: undefined }),
  });
  return client;
}

const kinds = JSON.stringify({ resources: [{ name: "pods", kind: "Pod", namespaced: true }] });
const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "shop" } };

it("discovers kinds again after a failed discovery", async () => {
  let discoveries = 0;
  const api = await connect((request, response) => {
    if (request.url !== "/api/v1") return response.writeHead(200).end(JSON.stringify(pod));
    discoveries += 1;
    return discoveries === 1 ? response.writeHead(500).end("{}") : response.writeHead(200).end(kinds);
  });
  await expect(api.get(pod)).rejects.toMatchObject({ code: "kubernetes/failed" });
  expect(await api.get(pod)).toMatchObject(pod);
  expect(await api.get(pod)).toMatchObject(pod);
  expect(discoveries).toBe(2);
});

it.each([200, 502])("reports the page of a proxy in place of a watch (%i)", async (status) => {
  const api = await connect((request, response) =>
    request.url === "/api/v1"
      ? response.writeHead(200).end(kinds)
      : response.writeHead(status, { "content-type": "text/html" }).end("<html>\n<body>Bad gateway</body>\n</html>\n"),
  );
  const watch = async () => {
    for await (const _ of api.watch("v1", "Pod", "shop", {}, "1", new AbortController().signal));
  };
  await expect(watch()).rejects.toMatchObject({ code: "kubernetes/failed", name: "KubernetesError" });
});
