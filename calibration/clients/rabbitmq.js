// A client of a RabbitMQ cluster over AMQP 0-9-1: publishes persistent messages to a quorum queue, and waits for each confirm. If a
// member does not answer it connects to the next: node rabbitmq.js '{"members": […], "port": …, "password": …}'
import { connect } from "node:net";
import { serve } from "./serve.js";

const { port, password, ...settings } = JSON.parse(process.argv[2]);
let { members } = settings;
const QUEUE = "calibration";
/** How long a member may take to accept a connection, and to confirm a message. */
const ANSWER_MS = 2_000;

/** Classes and methods of AMQP 0-9-1. */
const METHODS = {
  start: [10, 10],
  startOk: [10, 11],
  tune: [10, 30],
  tuneOk: [10, 31],
  open: [10, 40],
  openOk: [10, 41],
  channelOpen: [20, 10],
  channelOpenOk: [20, 11],
  declare: [50, 10],
  declareOk: [50, 11],
  confirmSelect: [85, 10],
  confirmSelectOk: [85, 11],
  publish: [60, 40],
  ack: [60, 80],
};

const short = (value) => Buffer.from([value >> 8, value & 255]);
const long = (value) => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
};
const shortText = (text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const longText = (bytes) => Buffer.concat([long(bytes.length), Buffer.from(bytes)]);
const table = (entries) =>
  longText(
    Buffer.concat(entries.map(([name, text]) => Buffer.concat([shortText(name), Buffer.from("S"), longText(text)]))),
  );
const method = (name, ...fields) => Buffer.concat([...METHODS[name].map(short), ...fields]);
const frame = (type, channel, payload) =>
  Buffer.concat([Buffer.from([type]), short(channel), long(payload.length), payload, Buffer.from([0xce])]);

/** A channel in confirm mode on one member, with the queue declared. Rejects within `ANSWER_MS`. */
function open(host) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const channel = { socket, next: 1, waiting: new Map(), messages: 0, end };
    let buffer = Buffer.alloc(0);
    const timer = setTimeout(() => end(new Error(`${host} did not answer`)), ANSWER_MS);
    function end(error) {
      clearTimeout(timer);
      socket.destroy();
      if (current === channel) current = undefined;
      for (const each of channel.waiting.values()) each.reject(error);
      channel.waiting.clear();
      reject(error);
    }
    socket.on("error", end);
    socket.on("close", () => end(new Error(`${host} closed the connection`)));
    socket.on("connect", () => socket.write(Buffer.from([...Buffer.from("AMQP"), 0, 0, 9, 1])));
    const send = (number, name, ...fields) => socket.write(frame(1, number, method(name, ...fields)));
    const is = (payload, name) => METHODS[name].every((part, index) => payload.readUInt16BE(index * 2) === part);
    const receive = (payload) => {
      if (is(payload, "start"))
        send(0, "startOk", table([]), shortText("PLAIN"), longText(`\0keelson\0${password}`), shortText("en_US"));
      else if (is(payload, "tune")) {
        // One channel, and no heartbeats: this client has timeouts of its own.
        send(0, "tuneOk", short(1), long(131_072), short(0));
        send(0, "open", shortText("/"), shortText(""), Buffer.from([0]));
      } else if (is(payload, "openOk")) send(1, "channelOpen", shortText(""));
      else if (is(payload, "channelOpenOk"))
        send(1, "declare", short(0), shortText(QUEUE), Buffer.from([0b10]), table([["x-queue-type", "quorum"]]));
      else if (is(payload, "declareOk")) {
        channel.messages = payload.readUInt32BE(4 + 1 + payload[4]);
        send(1, "confirmSelect", Buffer.from([0]));
      } else if (is(payload, "confirmSelectOk")) {
        clearTimeout(timer);
        resolve(channel);
      } else if (is(payload, "ack")) {
        const tag = Number(payload.readBigUInt64BE(4));
        for (const [own, each] of channel.waiting)
          if (own === tag || (payload[12] === 1 && own < tag)) {
            channel.waiting.delete(own);
            each.resolve();
          }
      } else
        end(
          new Error(
            `${host}: ${payload
              .subarray(4)
              .toString("latin1")
              .replaceAll(/[^ -~]+/g, " ")}`,
          ),
        );
    };
    socket.on("data", (part) => {
      buffer = Buffer.concat([buffer, part]);
      while (buffer.length >= 8 && buffer.length >= buffer.readUInt32BE(3) + 8) {
        const size = buffer.readUInt32BE(3);
        const [type, payload] = [buffer[0], buffer.subarray(7, 7 + size)];
        buffer = buffer.subarray(size + 8);
        if (type === 1) receive(payload);
      }
    });
  });
}

let current;
let opening;
let turn = 0;

/** The channel in use, or one on the next member. */
function channel() {
  if (current !== undefined) return Promise.resolve(current);
  opening ??= open(members[turn++ % members.length]).then(
    (opened) => {
      current = opened;
      opening = undefined;
      return opened;
    },
    (error) => {
      opening = undefined;
      throw error;
    },
  );
  return opening;
}

function publish(on, text) {
  return new Promise((resolve, reject) => {
    const tag = on.next++;
    // A confirm that does not arrive: the member is not usable, and the next one is tried.
    const timer = setTimeout(() => on.end(new Error("no confirm")), ANSWER_MS);
    const settle = (how) => (value) => {
      clearTimeout(timer);
      how(value);
    };
    on.waiting.set(tag, { resolve: settle(resolve), reject: settle(reject) });
    const body = Buffer.from(text);
    // Content header of class basic: one property, delivery mode 2.
    const header = Buffer.concat([short(60), short(0), long(0), long(body.length), short(0x1000), Buffer.from([2])]);
    const name = method("publish", short(0), shortText(""), shortText(QUEUE), Buffer.from([0]));
    on.socket.write(Buffer.concat([frame(1, 1, name), frame(2, 1, header), frame(3, 1, body)]));
  });
}

let number = 0;

serve({
  write: async () => {
    number += 1;
    const own = String(number);
    await publish(await channel(), own);
    return own;
  },
  /** The member that this client is connected to. */
  member: async () => (await channel()).socket.remoteAddress,
  /** The addresses of the members, some of which are new. */
  moved: async (addresses) => {
    members = addresses;
  },
  /** The number of messages in the queue, from the same member. */
  messages: async () => {
    (await channel()).end(new Error("asked again"));
    turn -= 1;
    return (await channel()).messages;
  },
});
