import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../errors/thrown.js";
import type { ReadBack } from "./measure.js";
import type { Sample } from "./sample.js";
import type { DrillTarget, Log } from "./target.js";
import type { Writer } from "./writer.js";

const POLL_INTERVAL_MS = 250;
/** Usage events reach the ledger after the response; the gateway publishes them within seconds. */
const MAX_LEDGER_LAG_MS = 60_000;
/** Once the ledger has not changed for this long, what is missing is lost. */
const LEDGER_SETTLED_MS = 8_000;

/** Reads back everything that was acknowledged: chats from the usage ledger by request id, writes from their table. */
export async function readBackAcknowledged(
  target: DrillTarget,
  chats: readonly Sample[],
  writes: readonly Sample[],
  writer: Writer,
  log: Log,
): Promise<ReadBack> {
  const ids = chats.flatMap(({ ok, reference }) => (ok && reference !== undefined ? [reference] : []));
  const ledger = await settledLedger(target, ids);
  if (ledger.kind === "unavailable") return ledger;
  let written: ReadonlySet<string>;
  try {
    written = await writer.survivors();
  } catch (error) {
    return { kind: "unavailable", reason: messageOf(error) };
  }
  const committed = writes.filter(({ ok }) => ok);
  const found = committed.filter(({ reference }) => written.has(reference ?? "")).length;
  log(
    `read back: ${ledger.survived.size} of ${ids.length} chats from the usage ledger, ${found} of ${committed.length} writes from the database`,
  );
  return { kind: "read", survived: new Set([...ledger.survived, ...written]) };
}

async function settledLedger(target: DrillTarget, ids: readonly string[]): Promise<ReadBack> {
  let counted: ReadBack = { kind: "unavailable", reason: "the usage ledger was not read" };
  let changedAt = Date.now();
  for (const end = Date.now() + MAX_LEDGER_LAG_MS; Date.now() < end; await sleep(POLL_INTERVAL_MS)) {
    try {
      const survived = await target.readAcknowledged(ids);
      if (counted.kind !== "read" || counted.survived.size !== survived.size) changedAt = Date.now();
      counted = { kind: "read", survived };
      if (survived.size === ids.length) break;
    } catch (error) {
      if (counted.kind !== "read") counted = { kind: "unavailable", reason: messageOf(error) };
    }
    if (Date.now() - changedAt >= LEDGER_SETTLED_MS) break;
  }
  return counted;
}
