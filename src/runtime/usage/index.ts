export { usageOverHttp } from "./http-client.js";
export { startUsage } from "./usage.js";
