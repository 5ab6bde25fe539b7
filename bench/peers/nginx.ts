import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Peer, pidOf, stop } from "../processes.js";

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** nginx with one worker in front of `upstream`, keep-alive on both sides, response buffering off as for streams. */
export async function startNginx(upstream: string): Promise<Peer> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-nginx-"));
  const port = await freePort();
  await writeFile(
    join(directory, "nginx.conf"),
    `daemon off; master_process off; pid ${directory}/nginx.pid; error_log stderr error;
events { worker_connections 2048; }
http {
  access_log off; client_max_body_size 64m; client_body_buffer_size 1m; keepalive_requests 1000000;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  upstream mock { server ${new URL(upstream).host}; keepalive 128; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
`,
  );
  const child: ChildProcess = spawn("nginx", ["-p", directory, "-c", join(directory, "nginx.conf")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const up = await fetch(url, { method: "POST", body: "{}" }).then(
      () => true,
      () => false,
    );
    if (up) break;
    await sleep(100);
  }
  return {
    pid: pidOf(child),
    url,
    stop: async () => {
      await stop(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
