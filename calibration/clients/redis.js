// A client of a Redis Cluster: writes keys of one slot to whichever member owns it, follows redirections, and asks the next member
// if one does not answer. node redis.js '{"members": […], "port": …, "password": …}'
import { connect } from "node:net";
import { serve } from "./serve.js";

const { port, password, ...settings } = JSON.parse(process.argv[2]);
let { members } = settings;
/** How long a member may take; the client then asks another. */
const ANSWER_MS = 500;
const connections = new Map();
let owner = members[0];
let number = 0;

/** One command to one member; resolves with its reply, and closes the connection if there is none in time. */
function command(address, args) {
  return new Promise((resolve, reject) => {
    let link = connections.get(address);
    if (link === undefined) {
      const socket = connect({ host: address, port });
      link = { socket, text: "", waiting: [] };
      connections.set(address, link);
      const end = (error) => {
        if (connections.get(address) === link) connections.delete(address);
        socket.destroy();
        for (const each of link.waiting.splice(0)) each.reject(error);
      };
      link.end = end;
      socket.on("error", end);
      socket.on("close", () => end(new Error(`${address} closed the connection`)));
      socket.on("data", (part) => {
        link.text += part;
        for (let reply = take(link); reply !== undefined; reply = take(link)) link.waiting.shift()?.resolve(reply);
      });
      send(link, ["AUTH", password], { resolve: () => undefined, reject: () => undefined });
    }
    const timer = setTimeout(() => link.end(new Error(`${address} did not answer`)), ANSWER_MS);
    const settle = (how) => (value) => {
      clearTimeout(timer);
      how(value);
    };
    send(link, args, { resolve: settle(resolve), reject: settle(reject) });
  });
}

function send(link, args, waiting) {
  link.waiting.push(waiting);
  link.socket.write(`*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join("")}`);
}

/** Takes one reply off the text: a status, an error, a number, a bulk string or null. */
function take(link) {
  const line = /^([+\-:$])([^\r]*)\r\n/.exec(link.text);
  if (line === null) return undefined;
  const [whole, kind, value] = line;
  if (kind !== "$" || value === "-1") {
    link.text = link.text.slice(whole.length);
    return kind === "-" ? { error: value } : { value: kind === "$" ? null : value };
  }
  const end = whole.length + Number(value) + 2;
  if (link.text.length < end) return undefined;
  const text = link.text.slice(whole.length, end - 2);
  link.text = link.text.slice(end);
  return { value: text };
}

/** The command at the owner of the slot, after at most one redirection per member. */
async function atOwner(args) {
  let reason = "no member answers";
  for (const address of [owner, ...members.filter((each) => each !== owner)]) {
    let at = address;
    for (let redirections = 0; redirections < 2; redirections += 1) {
      const reply = await command(at, args).catch((error) => ({ error: error.message }));
      if (reply.error === undefined) {
        owner = at;
        return reply.value;
      }
      reason = reply.error;
      const moved = /^MOVED \d+ ([\d.]+):/.exec(reply.error);
      if (moved === null) break;
      at = moved[1];
    }
  }
  throw new Error(reason);
}

serve({
  write: async () => {
    number += 1;
    const own = String(number);
    await atOwner(["SET", `{calibration}${own}`, own]);
    return own;
  },
  /** The member that owns the slot. */
  owner: async () => {
    await atOwner(["GET", "{calibration}1"]);
    return owner;
  },
  /** The addresses of the members, some of which are new. */
  moved: async (addresses) => {
    members = addresses;
  },
  /** The members that own slots. */
  primaries: async () => {
    const nodes = await command(owner, ["CLUSTER", "NODES"]);
    const lines = String(nodes.value).trim().split("\n");
    return lines.filter((line) => / (myself,)?master /.test(line)).map((line) => line.split(" ")[1].split(":")[0]);
  },
  /** Whether every member knows all others and serves, and every copy receives the writes of its primary. */
  complete: async () => {
    for (const address of members) {
      const nodes = await command(address, ["CLUSTER", "NODES"]);
      const lines = String(nodes.value).trim().split("\n");
      if (lines.length !== members.length || /fail|disconnected|handshake/.test(lines.join())) return false;
      const state = await command(address, ["CLUSTER", "INFO"]);
      if (!/cluster_state:ok/.test(state.value)) return false;
      const { value } = await command(address, ["INFO", "replication"]);
      if (!/role:master|master_link_status:up/.test(value)) return false;
    }
    return true;
  },
  survivors: async () => {
    const found = [];
    for (let own = 1; own <= number; own += 1) {
      const value = await atOwner(["GET", `{calibration}${own}`]);
      if (value !== null) found.push(value);
    }
    return found;
  },
});
