import type { Case } from "../case.js";
import { autoscalers } from "./autoscaler.js";
import { certificate } from "./certificate.js";
import { dnsFailover } from "./dns-failover.js";
import { drain } from "./drain.js";
import { clusterGateways } from "./gateway-in-cluster.js";
import { lostNode } from "./lost-node.js";
import { missingZone } from "./missing-zone.js";
import { llamaLoads, simulatedLoads } from "./model-latency.js";
import { notice } from "./notice.js";
import { databaseCrash, databaseHang, gatewayCrash, gatewayHang } from "./one-machine.js";
import { placement } from "./placement.js";
import { lostStandby, pairCrash, pairHang, trioCrash } from "./postgres.js";
import { rabbitCrash, rabbitCutOff } from "./rabbitmq.js";
import { rabbitRestarted, rabbitTwoLost } from "./rabbitmq-majority.js";
import { redisCrash, redisCutOff } from "./redis.js";
import { redisMajorityReturns, redisNoMajority } from "./redis-majority.js";
import { restores } from "./restore.js";
import { rollouts } from "./rollout.js";

/** Every case, in the order of the table. */
export const cases: readonly Case[] = [
  gatewayCrash,
  gatewayHang,
  databaseCrash,
  databaseHang,
  pairCrash,
  pairHang,
  trioCrash,
  lostStandby,
  ...restores,
  redisCrash,
  redisCutOff,
  redisNoMajority,
  redisMajorityReturns,
  rabbitCrash,
  rabbitCutOff,
  rabbitTwoLost,
  rabbitRestarted,
  ...clusterGateways,
  lostNode,
  ...rollouts,
  ...autoscalers,
  dnsFailover,
  notice,
  certificate,
  placement,
  missingZone,
  drain,
  ...simulatedLoads,
  ...llamaLoads,
];
