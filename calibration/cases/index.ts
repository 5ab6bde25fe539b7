import type { Case } from "../case.js";
import { databaseCrash, databaseHang, gatewayCrash, gatewayHang } from "./one-machine.js";

/** Every case, in the order of the table. */
export const cases: readonly Case[] = [gatewayCrash, gatewayHang, databaseCrash, databaseHang];
