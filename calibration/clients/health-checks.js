// Health checks of an address, and the failover of its DNS record, as Route 53 does both: each of many checkers makes a request, waits
// `timeout` at most for the status, and after that `interval` until its next one. An address is unhealthy while no more than 18 % of
// the checkers find it healthy. node health-checks.js '{"primary": …, "standby": …, "port": …, "interval": ms, "failures": …,
// "connect": ms, "status": ms, "zone": {"file": …, "text": …, "pidFile": …}}'
import { readFileSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const { primary, standby, port, interval, failures, connect, status, zone } = JSON.parse(process.argv[2]);
const CHECKERS = 16;
const HEALTHY_SHARE = 0.18;
const healthy = new Array(CHECKERS).fill(true);
let current = primary;
let serial = 1;

/** Connects within `connect` milliseconds, and receives the status within `status` after that. */
function check() {
  return new Promise((resolve) => {
    const sent = get({ host: primary, port, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode < 400);
    });
    const give = () => sent.destroy(new Error("too late"));
    let timer = setTimeout(give, connect);
    sent.on("socket", (socket) =>
      socket.on("connect", () => {
        clearTimeout(timer);
        timer = setTimeout(give, status);
      }),
    );
    sent.on("error", () => resolve(false));
    sent.on("close", () => clearTimeout(timer));
  });
}

function update() {
  const share = healthy.filter(Boolean).length / CHECKERS;
  const wanted = share > HEALTHY_SHARE ? primary : standby;
  if (wanted === current) return;
  current = wanted;
  serial += 1;
  writeFileSync(zone.file, zone.text.replaceAll("ADDRESS", current).replaceAll("SERIAL", String(serial)));
  process.kill(Number(readFileSync(zone.pidFile, "utf8")), "SIGHUP");
}

async function checker(index) {
  await sleep((index * interval) / CHECKERS);
  for (let same = 0; ; await sleep(interval)) {
    same = (await check()) === healthy[index] ? 0 : same + 1;
    if (same < failures) continue;
    same = 0;
    healthy[index] = !healthy[index];
    update();
  }
}

await Promise.all(Array.from({ length: CHECKERS }, (_, index) => checker(index)));
