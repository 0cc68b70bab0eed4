export { CampaignAuditPage as default } from "./page";
