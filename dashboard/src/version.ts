declare const __KEELSON_VERSION__: string;

/** The version of Keelson that this application was built with (`vite.config.ts`). */
export const VERSION: string = __KEELSON_VERSION__;
