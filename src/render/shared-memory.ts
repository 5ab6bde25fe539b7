import type { Bytes, Resources, Unit } from "../plan/plan.js";

const MEBIBYTE = 1024 * 1024;

/** Docker and containerd limit `/dev/shm` to this many bytes unless a volume is mounted there or `shm_size` is set. */
const RUNTIME_DEFAULT = 64 * MEBIBYTE;

/**
 * Bytes of `/dev/shm` for a container whose processes share memory: parallel queries of PostgreSQL
 * (`dynamic_shared_memory_type = posix`), the workers of vLLM on several GPUs. What they write there counts towards the
 * memory limit of the container, so it is a quarter of the limit, and at least what a container gets without a setting.
 */
export function sharedMemoryBytes({ limit, request }: Resources["memory"]): Bytes {
  const memory = limit ?? request ?? 1024 * MEBIBYTE;
  return Math.max(RUNTIME_DEFAULT, Math.floor(memory / 4 / MEBIBYTE) * MEBIBYTE);
}

/** Processes on several GPUs exchange tensors in shared memory: with 64 MiB they do not start (vLLM documentation, "Using Kubernetes"). */
export function usesSharedMemory({ resources }: Pick<Unit, "resources">): boolean {
  return resources.gpu.count > 1;
}
