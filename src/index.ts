/**
 * Keelson as a library: define a platform in code, read one from text, make its Plan, and ask where a value came from.
 * Everything here is pure; what runs, renders or restores a platform is the command line's.
 */
export { explain, formatImage, makePlan, originOf, type Planned } from "./plan/index.js";
export type * from "./plan/plan.js";
export { type Definition, definePlatform, type PlatformDefinition } from "./spec/define.js";
export { type Diagnostic, type Edit, formatDiagnostic, formatDiagnostics } from "./spec/diagnostic.js";
export { DiagnosticsError } from "./spec/diagnostics-error.js";
export { applyEdits } from "./spec/edit.js";
export { KeelsonError } from "./spec/errors.js";
export { type Parsed, type Platform, readDefinition, readPlatform } from "./spec/platform.js";
