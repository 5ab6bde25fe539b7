import type { Rule } from "../rule.js";
import { allOnSpot } from "./availability/all-on-spot.js";
import { clusterLossRule } from "./availability/cluster-loss.js";
import { crashRecovery } from "./availability/crash-recovery.js";
import { drainCutShort } from "./availability/drain-cut-short.js";
import { entranceLossRule } from "./availability/entrance-loss.js";
import { livenessBeforeReadiness } from "./availability/liveness-before-readiness.js";
import { noDisruptionBudget } from "./availability/no-disruption-budget.js";
import { nodeLoss } from "./availability/node-loss.js";
import { notRun } from "./availability/not-run-here.js";
import { objective } from "./availability/objective.js";
import { operatorLossRule } from "./availability/operator-loss.js";
import { pdbBlocksDrain } from "./availability/pdb-blocks-drain.js";
import { providerOutageRule } from "./availability/provider-outage.js";
import { redundancyLost } from "./availability/redundancy-lost.js";
import { regionLossRule } from "./availability/region-loss.js";
import { rolloutBelowBudget } from "./availability/rollout-below-budget.js";
import { rolloutOutage } from "./availability/rollout-outage.js";
import { rolloutStuck } from "./availability/rollout-stuck.js";
import { sameRegion } from "./availability/same-region.js";
import { storeNeverServes } from "./availability/store-never-serves.js";
import { zoneLoss } from "./availability/zone-loss.js";
import { autoscalerConflict } from "./capacity/autoscaler-conflict.js";
import { clusterTooSmall } from "./capacity/cluster-too-small.js";
import { databaseConnections } from "./capacity/database-connections.js";
import { gpuKindRule } from "./capacity/gpu-kind.js";
import { gpuMemoryRule } from "./capacity/gpu-memory.js";
import { latencyRule } from "./capacity/latency.js";
import { limitsUnenforced } from "./capacity/limits-unenforced.js";
import { memoryOvercommit } from "./capacity/memory-overcommit.js";
import { modelSize } from "./capacity/model-size.js";
import { nodePressureRule } from "./capacity/node-pressure.js";
import { overloadRule } from "./capacity/overload.js";
import { poolTooSmall } from "./capacity/pool-too-small.js";
import { rolloutSurge } from "./capacity/rollout-surge.js";
import { scaleFromZero } from "./capacity/scale-from-zero.js";
import { scaleWithoutRequests } from "./capacity/scale-without-requests.js";
import { scaleWithoutRoom } from "./capacity/scale-without-room.js";
import { unschedulable } from "./capacity/unschedulable.js";
import { stateOnSpot } from "./cost/state-on-spot.js";
import { bucketUnversioned } from "./data/bucket-unversioned.js";
import { deadLetterOff } from "./data/dead-letter-off.js";
import { badReleaseRule } from "./delivery/bad-release.js";
import { byHand } from "./delivery/by-hand.js";
import { extensionMissing } from "./delivery/extension-missing.js";
import { imageUnpinned } from "./delivery/image-unpinned.js";
import { misspelledName } from "./delivery/misspelt-name.js";
import { noEffect } from "./delivery/no-effect.js";
import { noModelSource } from "./delivery/no-model-source.js";
import { patchNote } from "./delivery/patch-note.js";
import { sharedNamespace } from "./delivery/shared-namespace.js";
import { simulatedAnswers } from "./delivery/simulated-answers.js";
import { addressUncalled } from "./network/address-uncalled.js";
import { callUnexposed } from "./network/call-unexposed.js";
import { dnsFailoverRule } from "./network/dns-failover.js";
import { healthCheckLimits } from "./network/health-check-limits.js";
import { needUncalled } from "./network/need-uncalled.js";
import { open } from "./network/open.js";
import { tlsMissing } from "./network/tls-missing.js";
import { alertTooLate } from "./observability/alert-too-late.js";
import { alertUnrouted } from "./observability/alert-unrouted.js";
import { certificateAlert } from "./observability/certificate-alert.js";
import { latencyUnpredicted } from "./observability/latency-unpredicted.js";
import { objectiveUnwatched } from "./observability/objective-unwatched.js";
import { backupBesideData } from "./recovery/backup-beside-data.js";
import { backupSpaceRule } from "./recovery/backup-space.js";
import { backupUnencrypted } from "./recovery/backup-unencrypted.js";
import { brokerLossRule } from "./recovery/broker-loss.js";
import { bucketLossRule } from "./recovery/bucket-loss.js";
import { deletionRule } from "./recovery/deletion.js";
import { drillMissing } from "./recovery/drill-missing.js";
import { drillRare } from "./recovery/drill-rare.js";
import { logChain } from "./recovery/log-chain.js";
import { newestBackupUnreadable } from "./recovery/newest-backup-unreadable.js";
import { noBackup } from "./recovery/no-backup.js";
import { promiseUnassessed } from "./recovery/promise-unassessed.js";
import { providerLimits } from "./recovery/provider-limits.js";
import { replicaLagRule } from "./recovery/replica-lag.js";
import { retention } from "./recovery/retention.js";
import { rpoInterval } from "./recovery/rpo-interval.js";
import { rtoRestore } from "./recovery/rto-restore.js";
import { unknownPromise } from "./recovery/unknown-promise.js";
import { volumeLossRule } from "./recovery/volume-loss.js";
import { certificateExpiryRule } from "./security/certificate-expiry.js";
import { certificateUnrenewed } from "./security/certificate-unrenewed.js";
import { podsUnrestricted } from "./security/pods-unrestricted.js";
import { secretInEnvironment } from "./security/secret-in-environment.js";
import { secretLeakRule } from "./security/secret-leak.js";
import { secretNeverRotated } from "./security/secret-never-rotated.js";
import { controllerRetired } from "./upgrade/controller.js";
import { kubernetesEndOfLife, storeEndOfLife } from "./upgrade/end-of-life.js";
import { missingField } from "./upgrade/missing-field.js";
import { otherVersion } from "./upgrade/other-version.js";

/** Every rule of `keelson check`, by subject: the sections of docs/checks.md. */
export const rules: readonly Rule[] = [
  // Recovery
  replicaLagRule,
  brokerLossRule,
  noBackup,
  rpoInterval,
  rtoRestore,
  newestBackupUnreadable,
  logChain,
  retention,
  promiseUnassessed,
  providerLimits,
  backupSpaceRule,
  backupBesideData,
  backupUnencrypted,
  volumeLossRule,
  bucketLossRule,
  deletionRule,
  drillMissing,
  drillRare,
  unknownPromise,

  // Availability: faults, objectives, disruption budgets, rollouts, probes
  clusterLossRule,
  entranceLossRule,
  providerOutageRule,
  crashRecovery,
  operatorLossRule,
  nodeLoss,
  zoneLoss,
  regionLossRule,
  allOnSpot,
  notRun,
  objective,
  redundancyLost,
  pdbBlocksDrain,
  noDisruptionBudget,
  rolloutOutage,
  rolloutStuck,
  storeNeverServes,
  sameRegion,
  rolloutBelowBudget,
  livenessBeforeReadiness,
  drainCutShort,

  // Capacity
  nodePressureRule,
  latencyRule,
  overloadRule,
  scaleWithoutRequests,
  scaleWithoutRoom,
  scaleFromZero,
  unschedulable,
  poolTooSmall,
  clusterTooSmall,
  memoryOvercommit,
  limitsUnenforced,
  gpuMemoryRule,
  gpuKindRule,
  modelSize,
  rolloutSurge,
  databaseConnections,
  autoscalerConflict,

  // Network
  addressUncalled,
  callUnexposed,
  needUncalled,
  open,
  tlsMissing,
  dnsFailoverRule,
  healthCheckLimits,

  // Security
  secretLeakRule,
  secretInEnvironment,
  podsUnrestricted,
  secretNeverRotated,
  certificateExpiryRule,
  certificateUnrenewed,

  // Data
  bucketUnversioned,
  deadLetterOff,

  // Cost
  stateOnSpot,

  // Delivery
  badReleaseRule,
  imageUnpinned,
  extensionMissing,
  noModelSource,
  simulatedAnswers,
  misspelledName,
  noEffect,
  sharedNamespace,
  byHand,
  patchNote,

  // Observability
  objectiveUnwatched,
  alertTooLate,
  alertUnrouted,
  certificateAlert,
  latencyUnpredicted,

  // Upgrades
  kubernetesEndOfLife,
  storeEndOfLife,
  otherVersion,
  controllerRetired,
  missingField,
];
