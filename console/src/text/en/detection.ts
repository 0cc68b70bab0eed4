/** Comes with the wizard: what a campaign may want of its own when a machine answers, or nobody is there for a person. */
export const detection = {
  profileHint: "Both put people first: what is not clear goes to an agent. Businesses greet at length. What holds without a choice is set in the telephone system's file.",
  profiles: { "": "As the telephone system does it", private: "People at home", business: "Businesses" },
  rules: (rules: string) => `Rules of this campaign's own, set over the API, change the profile: ${rules}. Without a profile they are dropped.`,
  sampleHint:
    "So many of the calls judged to be machines go to an agent all the same: only so can it be measured how often a person is hung up on. The results page tells. 0: none.",
  messageHint: "What a person hears for whom no agent comes in time: the name of a message in the telephone system's file, such as north. Left empty: the usual one.",
};
