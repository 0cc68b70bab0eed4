import type { deskCampaigns as words } from "../en/desk-campaigns";

export const deskCampaigns: typeof words = {
  title: "Campanhas para que trabalha",
  none: "Não está atribuído a nenhuma campanha. Pode entrar ao serviço; as chamadas vêm quando um supervisor o atribuir.",
  choose: "Escolha pelo menos uma campanha.",
};
