// Relays UDP to another port of this machine, and each answer late: node slow-relay.js '{"listen": …, "to": …, "delay": ms}'
import { createSocket } from "node:dgram";

const { listen, to, delay } = JSON.parse(process.argv[2]);
const front = createSocket("udp4");
front.on("message", (question, sender) => {
  const back = createSocket("udp4");
  back.on("message", (answer) => {
    back.close();
    setTimeout(() => front.send(answer, sender.port, sender.address), delay);
  });
  back.send(question, to, "127.0.0.1");
});
front.bind(listen, "127.0.0.1");
