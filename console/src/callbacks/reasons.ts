import { useQueries } from "@tanstack/react-query";
import { api, told, type Schema } from "../api/client";

/** Why each of the callbacks has the time it has: the page of a list does not tell it. */
export function useReasonsOf(ids: readonly string[]): Readonly<Record<string, Schema["CallbackReason"] | undefined>> {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ["callback", id],
      queryFn: () => told(api.GET("/v1/schedule-callbacks/{callback_id}", { params: { path: { callback_id: id } } })),
    })),
    combine: (results) => {
      const reasons: Record<string, Schema["CallbackReason"] | undefined> = {};
      for (const { data } of results) if (data) reasons[data.callback_id] = data.reason;
      return reasons;
    },
  });
}
