export const campaigns = {
  title: "Campaigns",
  create: "Create campaign",
  empty: "No campaigns yet. Create one: seven short steps, or fewer and the rest later.",
  emptyReadOnly: "No campaigns yet.",
  noneFit: "No campaign fits these filters.",
  state: "State",
  name: "Name",
  mode: "Mode",
  priority: "Priority",
  left: "Records left",
  leftOf: (left: string, total: string) => `${left} of ${total}`,
  abandonment: "Abandonment",
  abandonmentOf: (rate: string, cap: string) => `${rate} of at most ${cap}`,
  agents: "Agents",
  calls: "Calls",
  actions: "Actions",
  all: "All",
  searchLabel: "Name contains",
  starting: (name: string) => `Start “${name}”?`,
  startConsequence: (left: string | null, agents: number) =>
    (left === null ? "" : `${left} records are left. `) +
    (agents === 0
      ? "No agent is signed in for it: calls begin when one is, inside calling hours."
      : `Calls begin at once, inside calling hours; ${agents === 1 ? "1 agent is" : `${agents} agents are`} signed in.`),
  startVerb: "Start dialing",
  pausing: (name: string) => `Pause “${name}”?`,
  pauseConsequence: (calls: number) =>
    calls === 0 ? "No calls are in progress. No new ones are placed." : `No new calls are placed. ${calls === 1 ? "1 call in progress is" : `${calls} calls in progress are`} finished first.`,
  pauseVerb: "Pause dialing",
  views: { live: "Live", records: "Records", results: "Results", forecast: "Forecast", audit: "Audit" },
  viewsLabel: "Views of this campaign",
};
