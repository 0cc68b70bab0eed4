import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The server that `npm run dev` talks to: that of `outdial demo`, unless OUTDIAL_URL names another. */
const server = process.env.OUTDIAL_URL ?? "http://127.0.0.1:8000";

const API_PATHS = ["/v1", "/campaigns", "/record-lists", "/do-not-call-lists", "/schedule-callbacks", "/data", "/uploads"];

export default defineConfig(({ command }) => ({
  // Relative, so that the same files work under any root path: index.html has a <base> that the server fills in.
  base: command === "build" ? "./" : "/console/",
  // React Aria brings its words in thirty languages; ours are two, in the variants that browsers ask for.
  plugins: [react(), { ...optimizeLocales.vite({ locales: ["en-US", "pt-PT", "pt-BR"] }), enforce: "pre" }],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    // The size that matters is looked at by the budget check.
    reportCompressedSize: false,
  },
  server: {
    // The Host stays the browser's: the server compares it with Origin.
    proxy: Object.fromEntries(API_PATHS.map((path) => [path, { target: server, ws: true, changeOrigin: false }])),
  },
  test: { include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"], environment: "node" },
}));
