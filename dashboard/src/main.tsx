import "./api/strict-parsing.js";

// Schemas look at zod's settings when they are made, and a bundler may evaluate shared modules before this one's own. So
// everything that makes schemas comes only now.
void import("./start.js");
