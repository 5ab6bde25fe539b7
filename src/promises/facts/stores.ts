/** Size of a write-ahead log segment, which is shipped whole. */
export const logSegmentBytes = 16 * 2 ** 20;

/** The log written in a day, as a share of the database's size. */
export const dailyLogShare = { value: 0.1, why: "a tenth of the database is written anew each day" };

/** PostgreSQL replays its log in one process. */
export const replayRate = {
  value: 32 * 2 ** 20,
  why: "the log is replayed by one process, two 16 MiB segments a second",
};

/**
 * A server under steady writes closes a segment at every shipping interval, full or not, and each is fetched by itself:
 * a day of logs shipped every 30s is thousands of files, however little they say. Milliseconds for one.
 */
export const segmentFetch = {
  embedded: {
    value: 75,
    why: "unpacking a segment takes 40 ms of one core (measured), its copy and replay by the server the rest",
  },
  elsewhere: {
    value: 500,
    why: "the restore command starts a process and fetches one object from object storage for each segment",
  },
} as const;

/** Pools notice that connections died and open new ones. */
export const reconnect = {
  value: 5_000,
  why: "connection pools retry with a back-off of at most 5s; store addresses live 5s in DNS",
};
