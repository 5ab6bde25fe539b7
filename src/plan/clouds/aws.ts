import { GiB, MiB } from "../sizes.js";
import { type CloudDescriptor, minutes, reservedCpu } from "./descriptor.js";

/**
 * vCPUs, GiB of memory, maximum of pods (EKS: by network interfaces; awslabs/amazon-eks-ami at 81fec2e, nodeadm's eni_max_pods.go and
 * instance-info.jsonl, read 2026-11-30).
 */
const TYPES: Readonly<Record<string, readonly [vcpu: number, memory: number, pods: number, gpu?: number]>> = {
  "t3.medium": [2, 4, 17],
  "t3.large": [2, 8, 35],
  "t3.xlarge": [4, 16, 58],
  "t3.2xlarge": [8, 32, 58],
  "m5.large": [2, 8, 29],
  "m5.xlarge": [4, 16, 58],
  "m5.2xlarge": [8, 32, 58],
  "m5.4xlarge": [16, 64, 234],
  "c5.xlarge": [4, 8, 58],
  "c5.2xlarge": [8, 16, 58],
  "c5.4xlarge": [16, 32, 234],
  "r5.large": [2, 16, 29],
  "r5.xlarge": [4, 32, 58],
  "r5.2xlarge": [8, 64, 58],
  "r5.4xlarge": [16, 128, 234],
  "g4dn.xlarge": [4, 16, 29, 1],
  "g4dn.2xlarge": [8, 32, 29, 1],
  "g5.xlarge": [4, 16, 58, 1],
  "g5.2xlarge": [8, 32, 58, 1],
  "g5.12xlarge": [48, 192, 737, 4],
  "p3.2xlarge": [8, 61, 58, 1],
};

/**
 * Of an instance's memory the hypervisor and the kernel keep up to this share: the default that Karpenter subtracts
 * (aws/karpenter-provider-aws, pkg/operator/options at 1d92708, read 2026-11-30).
 */
const HYPERVISOR_SHARE = 0.075;

/**
 * Requests of EKS's own pods on each node: kube-proxy 100m; aws-node 25m for each of two containers (charts/aws-vpc-cni);
 * the EBS CSI driver's node pod 10m for each of three containers, and 40, 32 and 32 MiB (aws-ebs-csi-driver, values.yaml).
 */
const DAEMONS = { cpu: 100 + 2 * 25 + 3 * 10, memory: (40 + 32 + 32) * MiB };

/** Amazon Web Services, with EKS. */
export const aws: CloudDescriptor = {
  defaultRegion: { name: "us-east-1", why: "no region is set: the default region of aws" },
  hasZones: true,
  zone: (region, letter) => `${region}${letter}`,
  secretStore: { from: "aws-secrets-manager", why: "the secret store of the cloud" },
  dns: "route53",
  loadBalancer: {
    product: "Network Load Balancer",
    check: { every: 10_000, timeout: 10_000, failures: 3 },
    source:
      "aws-load-balancer-controller: docs/guide/service/annotations.md, defaults of healthcheck-interval, -timeout and -unhealthy-threshold (read 2026-11-30)",
    zonalAddress: {
      value: 60_000,
      why: "a load balancer has an address in each zone, and its DNS entry a TTL of 60s (ELB User Guide, How Elastic Load Balancing works; read 2026-11-30)",
    },
    sla: (zones) =>
      zones > 1
        ? {
            value: 0.9999,
            source:
              "Amazon Elastic Load Balancing SLA, load balancer in two or more zones: 99.99 % (last updated 2022-07-25, read 2026-11-30)",
          }
        : {
            value: 0.999,
            source:
              "Amazon Elastic Load Balancing SLA, load balancer in one zone: 99.9 % (last updated 2022-07-25, read 2026-11-30)",
          },
  },
  machine(type) {
    const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    if (!known) return undefined;
    const [vcpu, memory, pods, gpu = 0] = known;
    return {
      cpu: vcpu * 1000 - reservedCpu(vcpu) - DAEMONS.cpu,
      // EKS's bootstrap reserves 255 MiB and 11 MiB a pod; the kubelet keeps 100 MiB free before it evicts.
      memory: Math.floor(memory * GiB * (1 - HYPERVISOR_SHARE)) - (255 + 11 * pods + 100) * MiB - DAEMONS.memory,
      gpu,
      source: `EC2 instance type (${vcpu} vCPU, ${memory} GiB) minus 7.5 % for the hypervisor (Karpenter, vmMemoryOverheadPercent), the reservation of the EKS node bootstrap, and EKS's own pods on each node`,
    };
  },
  volumes: {
    scope: "zonal",
    source: "an Amazon EBS volume is attached to any instance of its availability zone",
    snapshots:
      "a snapshot of an Amazon EBS volume is stored in Amazon S3, for the region (Amazon EC2 API: CreateSnapshot, read 2026-11-30)",
  },
  s3Endpoint: () => undefined,
  nodeProvisioning: {
    value: minutes(5),
    source:
      "cluster-autoscaler decides within 30s (FAQ.md, objective up to 100 nodes); AWS publishes no figure for a node to boot and join, 4 min 30 s assumed",
    read: "2026-11-30",
  },
  machineSla: { value: 0.995, source: "Amazon EC2 instance-level SLA: 99.5 %" },
  siteSla: (zones) =>
    zones > 1
      ? { value: 0.9999, source: "Amazon EC2 region-level SLA over two or more zones: 99.99 %" }
      : { value: 0.995, source: "Amazon EC2 instance-level SLA, all that is guaranteed within one zone: 99.5 %" },
  managedSla({ role, failsOverAcrossZones }) {
    if (role === "bucket") return { value: 0.999, source: "Amazon S3 SLA: 99.9 %" };
    if (role === "database")
      return failsOverAcrossZones
        ? { value: 0.9995, source: "Amazon RDS Multi-AZ SLA: 99.95 % (last updated 2024-01-22)", read: "2026-11-30" }
        : {
            value: 0.995,
            source: "Amazon RDS single-instance SLA: 99.5 % (last updated 2024-01-22)",
            read: "2026-11-30",
          };
    if (role === "cache")
      return failsOverAcrossZones
        ? { value: 0.9999, source: "Amazon ElastiCache SLA, Multi-AZ with automatic failover: 99.99 %" }
        : { value: 0.995, source: "Amazon ElastiCache SLA, single zone: 99.5 %" };
    return failsOverAcrossZones ? { value: 0.999, source: "Amazon MQ SLA over several zones: 99.9 %" } : undefined;
  },
};
