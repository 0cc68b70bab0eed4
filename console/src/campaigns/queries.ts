import { queryOptions } from "@tanstack/react-query";
import { api, tagged } from "../api/client";

/** All settings of a campaign, with the tag that a change of them must name. */
export const campaignSettings = (id: string) =>
  queryOptions({
    queryKey: ["campaign", id, "settings"],
    queryFn: () => tagged(api.GET("/v1/campaigns/{campaign_id}", { params: { path: { campaign_id: id } } })),
  });
