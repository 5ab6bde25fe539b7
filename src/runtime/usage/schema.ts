/** The tables of this module that are read and written by their columns; the ledger is written in bulk (record.ts). */
export interface UsageSchema {
  usage_rejected: { reason: string; event: string };
}
