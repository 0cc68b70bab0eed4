/** Templates of calling hours: hours that a campaign can start from, by copying them. */

import { queryOptions } from "@tanstack/react-query";
import { api, tagged, told } from "../api/client";
import { allPages } from "../api/things";
import { bodyOf, type HourTemplate, type TemplateDraft } from "./draft";

export const hourTemplatesQuery = queryOptions({
  queryKey: ["hour-templates"],
  queryFn: () =>
    allPages(
      (page) => told(api.GET("/v1/hour-templates", { params: { query: { page, per_page: 100 } } })),
      (page) => page._embedded.hour_templates,
    ),
});

/** One of them, with the tag that a change of it must name. */
export const hourTemplateQuery = (id: string) =>
  queryOptions({
    queryKey: ["hour-templates", id],
    queryFn: () => tagged(api.GET("/v1/hour-templates/{template_id}", { params: { path: { template_id: id } } })),
  });

export function createTemplate(draft: TemplateDraft): Promise<HourTemplate> {
  return told(api.POST("/v1/hour-templates", { body: bodyOf(draft) }));
}
