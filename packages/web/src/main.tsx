import "./theme/mantine.css";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./theme/tokens.css";
import "./theme/global.css";

import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ApiError } from "./api/client.ts";
import { watchToken } from "./api/token.ts";
import { alertmanagerLink } from "./app/alertmanager-link.ts";
import { makeRouter } from "./app/router.tsx";
import { LiveProvider } from "./live/live.tsx";
import { cssVariables, theme } from "./theme/mantine.ts";

const retries = (count: number, error: Error): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status >= 500) && count < 2;

const cache = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 5000, gcTime: 120_000, retry: retries, refetchOnWindowFocus: false },
  },
});
watchToken(() => void cache.invalidateQueries());

const link = alertmanagerLink(window.location.hash);
if (link !== undefined) window.history.replaceState(null, "", link);

const router = makeRouter(cache);
const colourScheme = localStorageColorSchemeManager({ key: "fleetlight-color-scheme" });
const place = document.getElementById("root");
if (place === null) throw new Error("index.html has no #root");

createRoot(place).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colourScheme}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={cache}>
        <LiveProvider cache={cache}>
          <RouterProvider router={router} />
        </LiveProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
