import { z } from "zod";

/** The newest entry of a chain. */
export const head = z.object({ id: z.int(), hash: z.string() }).readonly();
export type Head = z.infer<typeof head>;

/** The file with the newest entry of each chain, by organisation. */
export const headsDocument = z.record(z.string(), head);
