import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The version in package.json, which is beside this folder. */
const version: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

const platform = process.env["KEELSON_URL"] ?? "http://127.0.0.1:8800";

/**
 * Builds the web application into dist/dashboard, from where the dashboard module serves it. File names contain a hash of
 * their content, so that they are cached for a year; the server replaces `__NONCE__` in every response.
 */
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "/",
  plugins: [react()],
  define: { __KEELSON_VERSION__: JSON.stringify(version) },
  // `npm run dev` serves the application with hot reload and proxies API requests to a running platform.
  server: { proxy: { "/admin": platform, "/v1": platform } },
  html: { cspNonce: "__NONCE__" },
  build: {
    outDir: fileURLToPath(new URL("../dist/dashboard", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // Data URLs for files would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
});
