/** Whether this page is the agent's phone as well: the server says so, and the phone says whether it works. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, told, type Schema } from "../api/client";

/** `none`: calls come to another phone, or to nobody. `unready`: the page's cannot take any yet, or for now. */
export type PhoneLink = "none" | PageLink;

/** `no-microphone`: it had none, or has lost it, and that does not mend itself. */
export type PageLink = "unready" | "no-microphone" | "ready";

interface DeskPhone {
  readonly offer: Schema["BrowserPhoneShown"] | null;
  readonly link: PhoneLink;
  readonly setLink: (link: PageLink) => void;
}

export function useDeskPhone(): DeskPhone {
  const [said, setLink] = useState<PageLink>("unready");
  const asked = useQuery({
    queryKey: ["desk-phone"],
    queryFn: () => told(api.GET("/v1/desk/phone")),
    // Another answer would take the phone down in the middle of a call.
    staleTime: Infinity,
  });
  const offer = asked.data?.phone ?? null;
  // While it is not known, nobody is to become ready without a phone that they may have.
  const link = offer === null ? (asked.isPending ? "unready" : "none") : said;
  return { offer, link, setLink };
}
