import type { Bytes, Cited, Entrance, Millicores, Milliseconds, Secret, VolumeScope } from "../plan.js";

/**
 * What one cloud offers and guarantees. Its managed stores are in `plan/stores/<kind>.ts`, which must name a product, or
 * none, for every cloud.
 */
export interface CloudDescriptor {
  readonly defaultRegion: { readonly name: string; readonly why: string };
  /** Whether a region has zones that fail independently. */
  readonly hasZones: boolean;
  /** The name of the zone `letter` (`a`, `b`, …) of a region. */
  zone(region: string, letter: string): string;
  readonly secretStore: { readonly from: Secret["from"]; readonly why: string };
  /** What creates DNS records for a public host. */
  readonly dns: Entrance["dns"];
  /** The load balancer that a Service of type LoadBalancer gets; undefined if that depends on the cluster. */
  readonly loadBalancer: CloudLoadBalancer | undefined;
  /** What a machine type has and what pods can use of it; undefined for an unknown type. */
  machine(type: string): MachineType | undefined;
  /** The volumes of its default storage class; undefined if they depend on the cluster. */
  readonly volumes: CloudVolumes | undefined;
  /** The address of its S3 API in a region; undefined if S3 clients derive it from the region. */
  s3Endpoint(region: string): string | undefined;
  /** Milliseconds from an unschedulable pod to a new node that is ready; undefined without a cluster autoscaler. */
  readonly nodeProvisioning: Cited | undefined;
  /** The availability of one machine, from the SLA; undefined without one. */
  readonly machineSla: Cited | undefined;
  /** The availability of what a region shares (network and power), for a number of zones. Pods run on without a control plane. */
  siteSla(zones: number): Cited | undefined;
  /** The availability of a managed store. */
  managedSla(store: ManagedStore): Cited | undefined;
}

export interface CloudVolumes {
  /** What they survive. */
  readonly scope: VolumeScope;
  readonly source: string;
  /** Where their snapshots are stored: apart from the volume and its zone; undefined if they have none. */
  readonly snapshots: string | undefined;
}

export interface CloudLoadBalancer {
  readonly product: string;
  readonly check: { readonly every: Milliseconds; readonly timeout: Milliseconds; readonly failures: number };
  /** Where its health checks are documented. */
  readonly source: string;
  /** Milliseconds in which the address of a failed zone leaves DNS caches; undefined if one address serves every zone. */
  readonly zonalAddress: { readonly value: Milliseconds; readonly why: string } | undefined;
  /** Its availability, for a number of zones. */
  sla(zones: number): Cited;
}

export interface ManagedStore {
  readonly role: "database" | "cache" | "broker" | "bucket";
  /** A replica in another zone takes over automatically. */
  readonly failsOverAcrossZones: boolean;
}

export interface MachineType {
  readonly cpu: Millicores;
  readonly memory: Bytes;
  readonly gpu: number;
  readonly source: string;
}

const MINUTE_MS = 60_000;

export function minutes(count: number): number {
  return count * MINUTE_MS;
}

/** Millicores reserved for the system and the kubelet: 6 % of the first core, 1 % of the second, 0.5 % of two more, 0.25 % beyond. */
export function reservedCpu(vcpu: number): Millicores {
  let reserved = 0;
  for (let core = 1; core <= vcpu; core++) reserved += core === 1 ? 60 : core === 2 ? 10 : core <= 4 ? 5 : 2.5;
  return Math.ceil(reserved);
}
