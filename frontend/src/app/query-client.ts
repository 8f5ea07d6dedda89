import { QueryClient } from "@tanstack/react-query";

import { ApiError } from "@/lib/api";

/** Only what may pass by itself is asked for again: no connection, and an API that is not well. */
function mayPass(error: Error): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: (count, error) => count < 2 && mayPass(error),
        staleTime: 10_000,
        // Without a connection a page says so, rather than wait without a word.
        networkMode: "always",
        refetchOnReconnect: true,
      },
      mutations: { networkMode: "always" },
    },
  });
}
