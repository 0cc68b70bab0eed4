import type { phones as words } from "../en/phones";

export const phones: typeof words = {
  about:
    "Onde as chamadas chegam a um agente. Sem telefone, ninguém lhe pode ser passado, a não ser que a máquina faça de agente. O que mudar aqui vale a partir da próxima entrada em serviço.",
  give: "Dar um telefone a um agente",
  none: "Ainda ninguém tem telefone.",
  agent: "Agente",
  everybodyHas: "Todos os utilizadores já têm telefone.",
  address: "Número ou endereço SIP",
  addressHint: "Um número como +12025550142, ou um endereço SIP como sip:ana@pbx.example.com. Se o servidor oferecer o seu utilizador a navegadores, o navegador do agente é o telefone.",
  passwords: "As palavras-passe com que os telefones se registam estão nos ficheiros do servidor e nunca aparecem aqui.",
  mode: "Como é chamado",
  modes: { ON_DEMAND: "Toca a cada chamada", NAILED_UP: "Chamado ao entrar em serviço, e fica ligado" },
  modeHint: "Um telefone que fica ligado tem logo a pessoa em linha: o melhor para campanhas preditivas.",
  noAddress: "Isto não é um número com indicativo do país nem um endereço SIP.",
  changeTitle: (name) => `O telefone de ${name}`,
  removeTitle: (name) => `Tirar o telefone a ${name}?`,
  removeAbout: "O utilizador fica. A partir da próxima entrada em serviço, nenhuma chamada lhe chega.",
};
