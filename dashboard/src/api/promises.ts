import { useQuery } from "@tanstack/react-query";
import { z } from "zod";
import { call } from "./client.js";

const place = { file: z.string(), line: z.number(), column: z.number() };

const fileOrigin = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("file"), ...place }),
  z.object({ kind: z.literal("environment"), environment: z.string(), ...place }),
  z.object({ kind: z.literal("default"), why: z.string(), ...place }),
]);

const termOrigin = z.discriminatedUnion("kind", [
  ...fileOrigin.options,
  z.object({ kind: z.literal("citation"), source: z.string() }),
  z.object({ kind: z.literal("assumption"), why: z.string() }),
  z.object({ kind: z.literal("measurement"), drill: z.string(), at: z.number() }),
]);

const term = z.object({
  name: z.string(),
  /** Milliseconds. */
  value: z.number(),
  origin: termOrigin,
  how: z.string().optional(),
});

const prediction = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("bounded"), total: z.number(), terms: z.array(term) }),
  z.object({
    kind: z.literal("unbounded"),
    why: z.string(),
    origin: fileOrigin.optional(),
    fix: z.object({ advice: z.string() }).optional(),
  }),
  z.object({ kind: z.literal("unknown"), why: z.string(), origin: fileOrigin.optional() }),
]);

const verdict = z.enum(["kept", "broken", "unknown", "not-promised"]);

const cell = z.object({
  promised: z.number().optional(),
  promisedAt: fileOrigin.optional(),
  predicted: prediction,
  measured: z.number().optional(),
  measuredAt: z.number().optional(),
  verdict,
});

const row = z.object({
  fault: z.string(),
  title: z.string(),
  subject: z.string(),
  rto: cell,
  rpo: cell,
  alert: z.object({ name: z.string(), severity: z.string(), summary: z.string() }),
  runbook: z.object({ id: z.string(), title: z.string() }),
  drill: z.string(),
  verdict,
});

const sheet = z.object({ platform: z.string(), environment: z.string(), rows: z.array(row) });

export type PlaceOrigin = z.infer<typeof fileOrigin>;
export type TermOrigin = z.infer<typeof termOrigin>;
export type Term = z.infer<typeof term>;
export type Prediction = z.infer<typeof prediction>;
export type Verdict = z.infer<typeof verdict>;
export type Cell = z.infer<typeof cell>;
export type Row = z.infer<typeof row>;
export type Sheet = z.infer<typeof sheet>;

const query = {
  queryKey: ["promises"],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) => call(sheet, "/admin/promises", { signal }),
} as const;

/** The promise sheet, read again now and then: drills elsewhere add measurements. */
export function usePromises() {
  return useQuery({ ...query, refetchInterval: 15_000 });
}

/** What the platform and its environment are called; undefined until the sheet was read once. */
export function usePlatformName(): { readonly platform: string; readonly environment: string } | undefined {
  return useQuery({ ...query, staleTime: Number.POSITIVE_INFINITY }).data;
}
