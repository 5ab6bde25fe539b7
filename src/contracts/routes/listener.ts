import { ANONYMOUS, type Authority, INFERENCE_KEY, INTERNAL_TOKEN } from "../authority.js";

/** A path that a bare `node:http` handler serves. Its contract is the OpenAI API, the Ollama API, or a de facto standard (Prometheus, Kubernetes probes). */
export interface RawRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly authority: Authority;
}

const get = (path: string, authority: Authority): RawRoute => ({ method: "GET", path, authority });
const post = (path: string, authority: Authority): RawRoute => ({ method: "POST", path, authority });

/** Served by every process. */
export const KERNEL_ROUTES: readonly RawRoute[] = [
  // Probes and load balancers read the status; only holders of the internal token also see the reasons.
  get("/health", ANONYMOUS),
  get("/health/liveness", ANONYMOUS),
  get("/health/readiness", ANONYMOUS),
  get("/services", INTERNAL_TOKEN),
  get("/metrics", INTERNAL_TOKEN),
  get("/admin/openapi.json", ANONYMOUS),
];

/** The gateway's model APIs. */
export const GATEWAY_ROUTES: readonly RawRoute[] = [
  post("/v1/chat/completions", INFERENCE_KEY),
  post("/v1/completions", INFERENCE_KEY),
  post("/v1/embeddings", INFERENCE_KEY),
  get("/v1/models", INFERENCE_KEY),
  get("/v1/models/:model", INFERENCE_KEY),
  post("/api/chat", INFERENCE_KEY),
  post("/api/generate", INFERENCE_KEY),
  post("/api/embed", INFERENCE_KEY),
  post("/api/embeddings", INFERENCE_KEY),
  post("/api/show", INFERENCE_KEY),
  get("/api/tags", INFERENCE_KEY),
  get("/api/ps", INFERENCE_KEY),
  get("/api/version", ANONYMOUS),
];

/** The web application. Its pages contain no data; they load it from the admin API. */
export const DASHBOARD_ROUTES: readonly RawRoute[] = [get("/", ANONYMOUS)];
