import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// The gateway that `npm run dev` talks to; plain http is served on loopback only.
const gateway = process.env["FARHAND_GATEWAY"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: "chrome120",
    // Fonts and icons stay files: the gateway's content policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  server: { proxy: { "/api": { target: gateway, ws: true }, "/whep": gateway, "/healthz": gateway } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
