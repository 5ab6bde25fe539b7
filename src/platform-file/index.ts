export { type Diagnostic, formatDiagnostic, formatDiagnostics } from "./diagnostic.js";
export { type Parsed, type Platform, readDefinition, readPlatform } from "./platform.js";
