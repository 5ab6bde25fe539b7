/** The tables of this module that are accessed by column; the ledger is written in bulk (record.ts). */
export interface UsageSchema {
  usage_rejected: { reason: string; event: string };
}
