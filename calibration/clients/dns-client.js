// A client that asks a resolver for the address of a host before each request, and keeps neither address nor connection.
// node dns-client.js '{"host": …, "port": …, "resolver": …}'
import { Resolver } from "node:dns/promises";
import { get } from "node:http";
import { serve } from "./serve.js";

const { host, port, resolver } = JSON.parse(process.argv[2]);
const dns = new Resolver({ timeout: 4_000, tries: 1 });
dns.setServers([resolver]);

serve({
  get: async () => {
    const [address] = await dns.resolve4(host);
    return new Promise((resolve, reject) => {
      const sent = get({ host: address, port, headers: { host }, agent: false, timeout: 5_000 }, (response) => {
        response.resume();
        response.on("error", reject);
        response.on("end", () => resolve(address));
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer from ${address}`)));
      sent.on("error", reject);
    });
  },
});
