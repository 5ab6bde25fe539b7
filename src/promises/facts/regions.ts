/** Promotion of a read replica in another region, by hand. */
export const crossRegionPromotion = {
  value: 15 * 60_000,
  why: "the promotion of a read replica takes several minutes and restarts it (RDS User Guide: Promoting a read replica); 15 min assumed with the change of its address",
};

/** Lag of an asynchronous replica in another region. */
export const crossRegionLag = {
  value: 5 * 60_000,
  why: "asynchronous replication to another region guarantees no maximum lag; 5 min assumed",
};

/** Lag of the replication of objects to another region. */
export const crossRegionObjectLag = {
  value: 15 * 60_000,
  why: "S3 Replication Time Control replicates 99.99 % of objects within 15 min; without it there is no figure",
};

/** Everything is deployed into an empty region. */
export const coldStart = {
  value: 30 * 60_000,
  why: "a cluster and its add-ons are created in the cold region: 30 min assumed",
};
