/**
 * Keelson as a library: define a platform in code, read one from text, make its Plan, and ask where a value came from.
 * Everything here is pure; what runs, renders or restores a platform is the command line's.
 */

export { KeelsonError } from "./errors/keelson-error.js";
export { explain, formatImage, makePlan, originOf, type Planned } from "./plan/index.js";
export type * from "./plan/plan.js";
export { type Definition, definePlatform, type PlatformDefinition } from "./platform-file/define.js";
export { type Diagnostic, type Edit, formatDiagnostic, formatDiagnostics } from "./platform-file/diagnostic.js";
export { DiagnosticsError } from "./platform-file/diagnostics-error.js";
export { applyEdits } from "./platform-file/edit/apply.js";
export { type Parsed, type Platform, readDefinition, readPlatform } from "./platform-file/platform.js";
