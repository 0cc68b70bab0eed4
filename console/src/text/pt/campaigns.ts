import type { en } from "../en";

export const campaigns: (typeof en)["campaigns"] = {
  title: "Campanhas",
  create: "Criar campanha",
  empty: "Ainda não há campanhas. Crie uma: sete passos curtos, ou menos agora e o resto depois.",
  emptyReadOnly: "Ainda não há campanhas.",
  noneFit: "Nenhuma campanha corresponde a estes filtros.",
  state: "Estado",
  name: "Nome",
  mode: "Modo",
  priority: "Prioridade",
  left: "Registos por ligar",
  leftOf: (left, total) => `${left} de ${total}`,
  abandonment: "Abandono",
  abandonmentOf: (rate, cap) => `${rate} de ${cap} no máximo`,
  agents: "Agentes",
  calls: "Chamadas",
  actions: "Ações",
  all: "Todos",
  searchLabel: "O nome contém",
  starting: (name) => `Iniciar “${name}”?`,
  startConsequence: (left, agents) =>
    (left === null ? "" : `Restam ${left} registos. `) +
    (agents === 0
      ? "Nenhum agente está presente: as chamadas começam quando houver um, dentro das horas permitidas."
      : `As chamadas começam já, dentro das horas permitidas; ${agents === 1 ? "está presente 1 agente" : `estão presentes ${agents} agentes`}.`),
  startVerb: "Começar a ligar",
  pausing: (name) => `Pausar “${name}”?`,
  pauseConsequence: (calls) =>
    calls === 0
      ? "Não há chamadas em curso. Não são feitas novas."
      : `Não são feitas novas chamadas. ${calls === 1 ? "1 chamada em curso termina" : `${calls} chamadas em curso terminam`} primeiro.`,
  pauseVerb: "Pausar as chamadas",
  views: { live: "Em direto", records: "Registos", results: "Resultados", forecast: "Previsão", audit: "Auditoria" },
  viewsLabel: "Vistas desta campanha",
};
