export { startAccounts } from "./accounts.js";
export type { Accounts } from "./client.js";
export { accountsOverHttp } from "./http-client.js";
