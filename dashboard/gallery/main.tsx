import "../src/api/strict-parsing.js";

// As in the application: schemas read zod's settings when they are created, so they are imported afterwards.
void import("./start.js");
