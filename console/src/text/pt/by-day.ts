import type { byDay as words } from "../en/by-day";

export const byDay: typeof words = {
  title: "Agentes por dia",
  now: "Agora",
  day: "Dia",
  none: "Ninguém teve sessão iniciada neste dia.",
  first: "Das",
  last: "Às",
  signedIn: "Em sessão",
  talking: "Em conversa",
  wrapUp: "Pós-chamada",
  waiting: "À espera",
  paused: "Em pausa",
  calls: "Chamadas",
  occupancy: "Ocupação",
  utilisation: "Utilização",
  about: "Ocupação: conversa e pós-chamada, dessas e da espera. Utilização: tudo menos pausas, do tempo em sessão.",
  noReason: "sem motivo",
  pause: (reason, time) => `${reason} ${time}`,
};
