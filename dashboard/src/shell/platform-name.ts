import { createContext } from "react";

/** The platform's name for window titles; undefined outside the shell, and until it is read. */
export const PlatformName = createContext<string | undefined>(undefined);
