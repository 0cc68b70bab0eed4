import type { conflict as en } from "../en/conflict";

export const conflict: typeof en = {
  campaign: "Outra pessoa alterou esta campanha",
  template: "Outra pessoa alterou este modelo",
  about: (at) => `${at === null ? "Foi alterada" : `A última alteração foi a ${at}`}, depois de começar. Nada do que é seu está guardado. Escolha para cada campo que ambos alteraram.`,
  field: "Campo",
  mine: "Meu",
  theirs: "Dos outros",
  take: "Ficar com",
  rest: "O que só você alterou fica como está.",
  merge: "Juntar e continuar",
};
