import type { CampaignRow, CampaignStatus } from "../stream/topics";

export const STATUSES: readonly CampaignStatus[] = ["RUNNING", "PAUSED", "READY", "INCOMPLETE"];

export const FILTERS = { name: "", status: "" };

/** The campaigns that the filters let through: running ones first, then by priority (10 is dialed first) and name. */
export function fitting(campaigns: readonly CampaignRow[], filters: typeof FILTERS): readonly CampaignRow[] {
  const name = filters.name.trim().toLowerCase();
  return campaigns
    .filter((campaign) => campaign.name.toLowerCase().includes(name) && (filters.status === "" || campaign.status === filters.status))
    .toSorted(
      (one, other) =>
        STATUSES.indexOf(one.status) - STATUSES.indexOf(other.status) ||
        other.priority - one.priority ||
        one.name.localeCompare(other.name),
    );
}
