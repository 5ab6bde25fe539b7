import type { Plan } from "../../plan/plan.js";
import type { StoreOfRole } from "../../plan/stores/index.js";
import { storeDown } from "../alerts.js";
import { defineFault } from "../fault.js";
import type { Prediction } from "../prediction.js";
import { replaceBroker } from "../runbooks/stores.js";
import { unknownIfNotRun } from "../terms/not-run.js";
import { newServer } from "../terms/replacement.js";
import { lostWithStorage } from "../terms/server.js";
import { addressChange } from "../terms/store.js";

type Broker = StoreOfRole<"broker">;

/** Every copy of the broker's messages is lost: its servers start empty. */
export const brokerLoss = defineFault({
  id: "broker-loss",
  title: "The broker's messages are lost on every server",
  includes: [],
  on: {
    broker: {
      rto: (broker, plan) => unknownIfNotRun(broker, plan) ?? replaced(broker, plan),
      rpo: (broker, plan) => unknownIfNotRun(broker, plan) ?? lostWithStorage(broker, plan),
      alert: storeDown,
      runbook: replaceBroker,
    },
    database: undefined,
    cache: undefined,
    bucket: undefined,
    entrance: undefined,
    unit: undefined,
    model: undefined,
    volume: undefined,
    platform: undefined,
  },
  drill: { kind: "by hand", why: "it needs a broker, which one machine does not run" },
});

/** Nothing replaces the volumes of a cluster, or a provider's broker, by itself. Clients declare their queues when they connect. */
function replaced(broker: Broker, plan: Plan): Prediction {
  return newServer(broker, plan, broker.provider.kind === "managed" ? [addressChange(broker)] : []);
}
