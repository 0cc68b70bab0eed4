export const deskCampaigns = {
  title: "Campaigns to work for",
  none: "You are not assigned to any campaign. You can sign on; calls come once a supervisor assigns you.",
  choose: "Choose one campaign at least.",
};
