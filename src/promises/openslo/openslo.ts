/**
 * Objects of OpenSLO v1, as far as Keelson writes them: https://github.com/OpenSLO/OpenSLO, README.md at aa5cb78 ("Specification"), read
 * 2026-11-30.
 */
export type OpenSloObject = OpenSloService | OpenSlo;

interface Metadata {
  /** A name of RFC 1123: at most 63 lower-case letters, digits and dashes. */
  readonly name: string;
  readonly displayName: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface OpenSloService {
  readonly apiVersion: "openslo/v1";
  readonly kind: "Service";
  readonly metadata: Metadata;
  readonly spec: { readonly description: string };
}

export interface OpenSlo {
  readonly apiVersion: "openslo/v1";
  readonly kind: "SLO";
  readonly metadata: Metadata;
  readonly spec: {
    /** At most 1050 characters. */
    readonly description: string;
    readonly service: string;
    readonly indicator: { readonly metadata: { readonly name: string }; readonly spec: Sli };
    readonly timeWindow: readonly [{ readonly duration: string; readonly isRolling: true }];
    readonly budgetingMethod: "Occurrences" | "Timeslices";
    readonly objectives: readonly [Objective];
  };
}

export type Sli =
  | {
      readonly ratioMetric: {
        readonly counter: true;
        readonly good: MetricOf;
        readonly total: MetricOf;
      };
    }
  | { readonly thresholdMetric: MetricOf };

interface MetricOf {
  readonly metricSource: { readonly type: "Prometheus"; readonly spec: { readonly query: string } };
}

export interface Objective {
  readonly displayName: string;
  /** From 0 to below 1. */
  readonly target: number;
  /** With a threshold metric. */
  readonly op?: "gte" | "lte";
  readonly value?: number;
  /** With Timeslices. */
  readonly timeSliceTarget?: number;
  readonly timeSliceWindow?: string;
}
