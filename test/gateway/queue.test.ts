import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, pick, type Tried } from "../../src/runtime/gateway/routing/pick.js";
import { type Waiter, WaitQueue } from "../../src/runtime/gateway/routing/queue.js";

class Server implements Candidate {
  inFlight = 0;
  ejectedUntil = 0;
  readonly weight = 1;
  readonly readySince = -60_000;
  constructor(
    readonly name: string,
    readonly limit: number,
  ) {}
}

class Request implements Waiter<Server> {
  waitUntil = Number.POSITIVE_INFINITY;
  owner = "organisation";
  member = "key";
  target: Server | undefined;
  constructor(
    readonly name: string,
    readonly tried: Tried<Server> | undefined = undefined,
    private readonly onGrant: (request: Request, target: Server) => void = () => {},
  ) {}
  granted(target: Server): void {
    this.target = target;
    this.onGrant(this, target);
  }
}

function take(servers: readonly Server[], tried: Tried<Server> | undefined): Server | undefined {
  const target = pick(servers, 0, 0, tried);
  if (target !== undefined) target.inFlight += 1;
  return target;
}

describe("the queue of a model", () => {
  it("is not blocked by a retry that waits for its server: other requests use other servers", () => {
    const busy = new Server("busy", 1);
    const free = new Server("free", 2);
    busy.inFlight = 1;
    const queue = new WaitQueue<Server, Request>(100);
    const retry = new Request("retry", new Map([[free, "avoided"]]));
    const newcomers = [new Request("first"), new Request("second")];
    for (const request of [retry, ...newcomers]) queue.push(request, 0);
    queue.serve((tried) => take([busy, free], tried));
    expect(newcomers.map(({ target }) => target)).toEqual([free, free]);
    expect(retry.target).toBeUndefined();
    busy.inFlight = 0;
    queue.serve((tried) => take([busy, free], tried));
    expect(retry.target).toBe(busy);
    expect(queue.length).toBe(0);
  });

  it("gives a request that avoids every server the first one with room, and never one that it excludes", () => {
    const only = new Server("only", 1);
    const queue = new WaitQueue<Server, Request>(100);
    const excluded = new Request("excluded", new Map([[only, "excluded"]]));
    const avoided = new Request("avoided", new Map([[only, "avoided"]]));
    for (const request of [excluded, avoided]) queue.push(request, 0);
    queue.serve((tried) => take([only], tried));
    expect(avoided.target).toBe(only);
    only.inFlight = 0;
    queue.serve((tried) => take([only], tried));
    expect(excluded.target).toBeUndefined();
  });

  it("reserves a share of its slots for each organisation that requests some", () => {
    const queue = new WaitQueue<Server, Request>(4);
    const server = new Server("server", 1);
    const from = (owner: string): Request => Object.assign(new Request(owner), { owner });
    for (let count = 0; count < 4; count += 1) expect(queue.push(from("large"), 0)).toBe(true);
    expect(queue.push(from("small"), 0)).toBe(false);
    queue.serve((tried) => take([server], tried));
    // The free slot is for the organisation that was refused within its share.
    expect(queue.push(from("large"), 1)).toBe(false);
    expect(queue.push(from("small"), 1)).toBe(true);
  });

  it("returns the requests whose deadline has passed, in order, and retains the others", () => {
    const queue = new WaitQueue<Server, Request>(100);
    const requests = [30, 10, 20, 40].map((waitUntil, index) => {
      const request = new Request(String(index));
      request.waitUntil = waitUntil;
      queue.push(request, 0);
      return request;
    });
    expect(queue.expire(20)).toEqual([requests[1], requests[2]]);
    expect(queue.length).toBe(2);
  });

  it("serves requests that join while it grants slots", () => {
    const server = new Server("server", 2);
    const queue = new WaitQueue<Server, Request>(100);
    const late = new Request("late");
    const serve = (): void => queue.serve((tried) => take([server], tried));
    queue.push(
      new Request("early", undefined, () => {
        queue.push(late, 0);
        serve();
      }),
      0,
    );
    serve();
    expect(late.target).toBe(server);
  });

  it("leaves no server with room idle while a request may use it, and keeps the order among equals", () => {
    const action = fc.oneof(
      fc.record({
        kind: fc.constant("arrive" as const),
        excluded: fc.subarray([0, 1, 2, 3]),
        avoided: fc.subarray([0, 1, 2, 3]),
      }),
      fc.record({ kind: fc.constant("finish" as const), server: fc.nat(3) }),
      fc.record({ kind: fc.constant("leave" as const), position: fc.nat(8) }),
      fc.record({ kind: fc.constant("eject" as const), server: fc.nat(3) }),
      fc.record({ kind: fc.constant("recover" as const), server: fc.nat(3) }),
    );
    const limits = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(limits, fc.array(action, { maxLength: 60 }), (sizes, actions) => {
        const servers = sizes.map((limit, index) => new Server(String(index), limit));
        const queue = new WaitQueue<Server, Request>(100);
        const waiting: Request[] = [];
        const grants: Request[] = [];
        const serve = (): void => queue.serve((tried) => take(servers, tried));
        const groupOf = ({ tried }: Request): string =>
          [...(tried ?? [])]
            .map(([{ name }, past]) => `${name} ${past}`)
            .sort()
            .join();
        for (const next of actions) {
          const server = "server" in next ? servers[next.server] : undefined;
          if (next.kind === "arrive") {
            const tried = new Map<Server, "excluded" | "avoided">();
            for (const past of ["avoided", "excluded"] as const)
              for (const each of next[past].flatMap((index) => servers[index] ?? [])) tried.set(each, past);
            const request = new Request("", tried.size === 0 ? undefined : tried, (granted, target) => {
              expect(tried.get(target)).not.toBe("excluded");
              // No request with the same choice arrived earlier and is still waiting.
              expect(waiting.find((other) => groupOf(other) === groupOf(granted))).toBe(granted);
              waiting.splice(waiting.indexOf(granted), 1);
              grants.push(granted);
            });
            waiting.push(request);
            queue.push(request, 0);
          } else if (next.kind === "leave") {
            const [request] = waiting.splice(next.position, 1);
            if (request !== undefined) queue.remove(request);
          } else if (next.kind === "eject" && server !== undefined) server.ejectedUntil = 1;
          else if (next.kind === "recover" && server !== undefined) server.ejectedUntil = 0;
          else if (server !== undefined && server.inFlight > 0) server.inFlight -= 1;
          serve();
          expect(queue.length).toBe(waiting.length);
          for (const each of servers) expect(each.inFlight).toBeLessThanOrEqual(each.limit);
          for (const { tried } of waiting) {
            const usable = servers.filter((each) => each.ejectedUntil <= 0 && tried?.get(each) !== "excluded");
            const free = usable.filter((each) => each.inFlight < each.limit);
            // A server with room stays idle only for a request that avoids it and waits for another one.
            if (free.length > 0) {
              expect(free.every((each) => tried?.get(each) === "avoided")).toBe(true);
              expect(usable.some((each) => !tried?.has(each))).toBe(true);
            }
          }
        }
      }),
    );
  });
});
