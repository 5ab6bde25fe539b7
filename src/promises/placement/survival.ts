import { CONTROLLERS } from "../../plan/entrances/index.js";
import { isDeclared } from "../../plan/origin.js";
import type { Entrance, Plan, Unit } from "../../plan/plan.js";
import { type ServersNeeded, storeTraits } from "../../plan/stores/index.js";
import { type Demand, demandOf, serverDemand } from "../capacity.js";
import { failsOver, type Server } from "../subjects.js";
import { zones } from "../terms/machine.js";
import { minDomains } from "./min-domains.js";
import { nodesFor } from "./nodes.js";
import { type Domain, type Group, largestShare, NO_MINIMUM } from "./worst-placement.js";

/** Who remains of a unit or a store after the worst loss of one domain, and whether that is enough. */
export interface Survival {
  readonly members: number;
  /** The most members that the domain can hold. */
  readonly lost: number;
  readonly enough: boolean;
  /** `1 of 3 servers remains, and 2 are needed: …`; empty if nothing is lost that is needed. */
  readonly why: string;
}

/** What fails: one member alone, or everything on a node or in a zone. */
export type Loss = "process" | Domain;

/** The replicas of a unit, as the scheduler places them. */
export function unitGroup(unit: Unit, plan: Plan): Group {
  const members = unit.replicas.min;
  const group = {
    members,
    nodes: nodesFor(plan, unit.pool, demandOf(unit)),
    requires: {
      zones: unit.spread.zones === "require" && zones(plan).length > 1,
      nodes: unit.spread.nodes === "require",
    },
  };
  const needed = replicasNeeded(unit, plan);
  return { ...group, minDomains: minDomains(group, (lost) => members - lost >= needed) };
}

/** The proxies of an entrance, as the installation of its controller places them: on any pool without GPUs. */
export function proxyGroup({ controller, replicas, spread }: Entrance, plan: Plan): Group {
  return {
    members: replicas,
    nodes: nodesFor(plan, undefined, proxyDemand(controller)),
    requires: { zones: spread.zones === "require" && zones(plan).length > 1, nodes: spread.nodes === "require" },
    minDomains: NO_MINIMUM,
  };
}

/** What one proxy of a controller requests of its node. */
export function proxyDemand(controller: Entrance["controller"]): Demand {
  return { cpu: 0, memory: 0, ...CONTROLLERS[controller].proxies?.requests, gpu: 0 };
}

/** An entrance is available while one of its proxies is. */
export function proxySurvival(entrance: Entrance, plan: Plan, loss: Domain): Survival {
  const group = proxyGroup(entrance, plan);
  const lost = largestShare(group, loss);
  return survival(group.members, lost, lost < group.members, `all ${group.members} proxies may be on it`);
}

/**
 * A unit is available while a replica is, or as many as the file declares in `disruption.minAvailable`: the load needs
 * them.
 */
export function unitSurvival(unit: Unit, plan: Plan, loss: Loss): Survival {
  const group = unitGroup(unit, plan);
  const needed = replicasNeeded(unit, plan);
  const lost = loss === "process" ? 1 : largestShare(group, loss);
  const left = group.members - lost;
  return survival(group.members, lost, left >= needed, `${count(left, "replica")}, and ${needed} carry the load`);
}

/** The number of replicas that must be available: the declared budget, otherwise one. */
export function replicasNeeded({ disruption, replicas }: Unit, plan: Plan): number {
  return disruption && isDeclared(plan, disruption.path)
    ? Math.max(1, Math.min(disruption.minAvailable, replicas.min))
    : 1;
}

/** The servers of a store in the cluster, as its rendered spread places them. */
export function serverGroup(server: Server, plan: Plan): Group {
  const required = server.provider.failover !== undefined;
  const { servers, spreadsOverZones, needs } = storeTraits(server);
  const group = {
    members: servers,
    nodes: nodesFor(plan, server.pool, serverDemand(server)),
    requires: { zones: required && spreadsOverZones && zones(plan).length > 1, nodes: required },
  };
  return { ...group, minDomains: minDomains(group, (lost) => suffices(needs, servers, lost)) };
}

export function serverSurvival(server: Server, plan: Plan, loss: Loss): Survival {
  const group = serverGroup(server, plan);
  // A provider runs each server on a machine of its own.
  const alone = loss === "process" || server.provider.kind === "managed";
  const lost = alone ? 1 : largestShare(group, loss);
  const { needs } = storeTraits(server);
  return survival(
    group.members,
    lost,
    group.members > 1 && suffices(needs, group.members, lost),
    shortage(needs, group.members - lost),
  );
}

/** Whether another server takes over, and those that remain suffice. */
export function takesOver(server: Server, plan: Plan, loss: Loss): boolean {
  return failsOver(server) && serverSurvival(server, plan, loss).enough;
}

/** Whether the servers that remain suffice, whichever are lost. */
export function suffices(needs: ServersNeeded, members: number, lost: number): boolean {
  switch (needs.kind) {
    case "count":
      return members - lost >= needs.count;
    case "shards": {
      // In the worst case the lost servers are all primaries, or all the servers of one shard.
      const primariesLeft = needs.shards - Math.min(lost, needs.shards);
      return lost < needs.copies && primariesLeft >= majority(needs.shards);
    }
  }
}

/** The fewest ready servers with which a store certainly serves; all of them where nothing promotes another to the primary. */
export function serversToServe(server: Server): number {
  const { servers, needs } = storeTraits(server);
  if (server.provider.failover === undefined) return servers;
  let left = servers;
  while (left > 1 && suffices(needs, servers, servers - left + 1)) left -= 1;
  return left;
}

/** Of two shards the majority is two: the loss of one primary cannot be voted on. */
function majority(members: number): number {
  return Math.floor(members / 2) + 1;
}

function shortage(needs: ServersNeeded, left: number): string {
  const needed =
    needs.kind === "count"
      ? `${needs.count} ${needs.count === 1 ? "is" : "are"} needed`
      : `${needs.shards} shards of ${count(needs.copies, "server")} need a server each, and ${majority(needs.shards)} primaries to vote`;
  return `${left === 1 ? "one server remains" : `${left} servers remain`}, and ${needed}: ${needs.why}`;
}

function survival(members: number, lost: number, enough: boolean, shortage: string): Survival {
  return { members, lost, enough, why: enough ? "" : shortage };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
