import "./api/strict-parsing.js";

// Schemas read zod's settings when they are created, and a bundler may evaluate shared modules first. So every module that
// creates schemas is imported afterwards.
void import("./start.js");
