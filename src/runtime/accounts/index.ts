export { startAccounts } from "./accounts.js";
export { accountsOverHttp } from "./http-client.js";
