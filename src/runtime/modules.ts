import { startDatabase } from "./database/index.js";
import { defineModules } from "./kernel/define.js";

/** Every module of the platform, what it needs, and how it starts: the whole runtime at a glance. */
export const modules = defineModules({
  database: { needs: [], start: startDatabase },
});
