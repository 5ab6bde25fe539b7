import type { Cited } from "../../plan/plan.js";

/** Time from the page until the on-call engineer acts, if the critical route pages one. */
export const pagedResponse: Cited = {
  value: 5 * 60_000,
  source: "5 min for highly critical services (Site Reliability Engineering, chapter 11: Being On-Call)",
};

/** The same if alerts only appear in a channel or on a dashboard. */
export const unpagedResponse: Cited = {
  value: 30 * 60_000,
  source: "30 min for less time-sensitive systems (Site Reliability Engineering, chapter 11: Being On-Call)",
};

/** Recovery from a deletion ends just before it, and the on-call engineer has to find out when that was. */
export const momentOfDeletion = {
  value: 15 * 60_000,
  why: "the moment is found in the audit log or by restoring twice: a replay to the end of the WAL would repeat the deletion; 15 min assumed",
};

/** A volume that is full is made larger. */
export const volumeGrown = {
  value: 10 * 60_000,
  why: "a larger `size` is set and deployed; a change of the size of an EBS volume usually takes a few seconds (Amazon EC2 User Guide: EBS volume modifications, read 2026-11-30), and the file system grows while it is mounted; 10 min assumed, with a storage class that has `allowVolumeExpansion`",
};

/** A namespace is deployed again from the platform file. */
export const namespaceDeployed = {
  value: 10 * 60_000,
  why: "the deleted namespace has to terminate first, then `keelson deploy` creates its objects; 10 min assumed",
};

/** Older versions of deleted objects are made current again. */
export const objectsUndeleted = {
  value: 60 * 60_000,
  why: "a script removes the delete markers, one request for each 1,000 objects (S3 API: DeleteObjects); an hour assumed to write and run it",
};

/** The release is recognised as the cause, and its rollback begins. */
export const rollbackStarted = {
  value: 5 * 60_000,
  why: "the release is recognised as the cause and `kubectl rollout undo` is run, or the file is reverted and deployed; 5 min assumed",
};

/** One secret is replaced at its source and revoked where it was valid. */
export const secretRotated = {
  value: 10 * 60_000,
  why: "a new value is set at the source of each secret and the old one revoked, by hand: `rotate` is carried out by no component; 10 min assumed",
};

/** The command of the runbook: the pod of the hung server is deleted with force, so that its node kills it at once. */
export const hungServerKilled = {
  value: 2 * 60_000,
  why: "two minutes to find the server that hangs and to run `kubectl delete pod --grace-period=0 --force`",
};
