/** Whether this page is the agent's phone as well: the server says so, and the phone says whether it works. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, told, type Schema } from "../api/client";

export type PhoneLink = "none" | "unready" | "ready";

interface DeskPhone {
  readonly offer: Schema["BrowserPhoneShown"] | null;
  readonly link: PhoneLink;
  readonly setReady: (ready: boolean) => void;
}

export function useDeskPhone(): DeskPhone {
  const [ready, setReady] = useState(false);
  const asked = useQuery({
    queryKey: ["desk-phone"],
    queryFn: () => told(api.GET("/v1/desk/phone")),
    // Another answer would take the phone down in the middle of a call.
    staleTime: Infinity,
  });
  const offer = asked.data?.phone ?? null;
  // While it is not known, nobody is to become ready without a phone that they may have.
  const link = offer === null ? (asked.isPending ? "unready" : "none") : ready ? "ready" : "unready";
  return { offer, link, setReady };
}
