/** Comes with the settings' page of phones. */
export const phones = {
  about:
    "Where calls reach an agent. Without a phone nobody can be put through to them, unless the machine plays the agents. What is changed here holds from the next time they sign on.",
  give: "Give an agent a phone",
  none: "Nobody has a phone yet.",
  agent: "Agent",
  everybodyHas: "Every user has a phone already.",
  address: "Number or SIP address",
  addressHint: "A number such as +12025550142, or a SIP address such as sip:ana@pbx.example.com. Where the server offers its user to browsers, the agent's browser is the phone.",
  passwords: "Passwords with which phones register are in the server's own files, and are never shown here.",
  mode: "How it is called",
  modes: { ON_DEMAND: "It rings for each call", NAILED_UP: "Called at sign-on, and stays up" },
  modeHint: "A phone that stays up has the person on the line at once: the better way for predictive campaigns.",
  noAddress: "This is neither a number with its country nor a SIP address.",
  changeTitle: (name: string) => `The phone of ${name}`,
  removeTitle: (name: string) => `Take the phone of ${name} away?`,
  removeAbout: "The user stays. From the next time they sign on, no call can reach them.",
};
