import { expect, it } from "vitest";
import { abandonmentTone } from "../src/campaigns/abandonment";
import { fitting } from "../src/campaigns/filters";
import type { CampaignRow } from "../src/stream/topics";
import { shownState } from "../src/ui/state-pill";

const row = (name: string, more: Partial<CampaignRow> = {}): CampaignRow => ({
  id: name,
  name,
  status: "READY",
  priority: 5,
  reason: "",
  ...more,
});

it("lists running campaigns first, then by priority, then by name", () => {
  const rows = [row("b"), row("a"), row("high", { priority: 9 }), row("running", { status: "RUNNING", priority: 1 })];
  expect(fitting(rows, { name: "", status: "" }).map((campaign) => campaign.name)).toEqual(["running", "high", "a", "b"]);
});

it("finds campaigns by a part of the name, whatever its case, and by status", () => {
  const rows = [row("Spring renewals"), row("Winback", { status: "PAUSED" })];
  expect(fitting(rows, { name: " RENEW ", status: "" })).toHaveLength(1);
  expect(fitting(rows, { name: "", status: "PAUSED" }).map((campaign) => campaign.name)).toEqual(["Winback"]);
});

it("says what really goes on, not what was asked for alone", () => {
  expect(shownState("RUNNING", "dialing")).toBe("RUNNING");
  expect(shownState("RUNNING", "outside_calling_hours")).toBe("WAITING");
  expect(shownState("RUNNING", "no_agents_ready")).toBe("BLOCKED");
  expect(shownState("PAUSED", "pausing")).toBe("PAUSING");
  expect(shownState("PAUSED", undefined)).toBe("PAUSED");
});

it("warns from 80 % of the cap on, and is red at the cap", () => {
  expect(abandonmentTone({ rate: 0.0239, cap: 0.03 })).toBe("good");
  expect(abandonmentTone({ rate: 0.024, cap: 0.03 })).toBe("warn");
  expect(abandonmentTone({ rate: 0.03, cap: 0.03 })).toBe("bad");
});
