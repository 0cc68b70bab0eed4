export const conflict = {
  campaign: "Somebody else has changed this campaign",
  template: "Somebody else has changed this template",
  about: (at: string | null) => `${at === null ? "It was changed" : `It was last changed at ${at}`}, after you began. Nothing of yours is saved yet. Choose for each field that both of you changed.`,
  field: "Field",
  mine: "Mine",
  theirs: "Theirs",
  take: "Take",
  rest: "What only you changed stays yours.",
  merge: "Merge and go on",
};
