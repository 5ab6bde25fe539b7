export { startDatabase } from "./database.js";
