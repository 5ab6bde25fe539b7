export { type Definition, definePlatform, type PlatformDefinition } from "./define.js";
export { type Diagnostic, type Edit, formatDiagnostic, formatDiagnostics, sortDiagnostics } from "./diagnostic.js";
export { type EnvironmentSettings, type Parsed, type Platform, readDefinition, readPlatform } from "./platform.js";
export type { Settings } from "./schema/platform.js";
