import type { detection as words } from "../en/detection";

export const detection: typeof words = {
  profileHint: "Ambos põem as pessoas primeiro: o que não é claro vai para um agente. As empresas cumprimentam mais demoradamente. Sem escolha, vale o ficheiro do sistema telefónico.",
  profiles: { "": "Como faz o sistema telefónico", private: "Pessoas em casa", business: "Empresas" },
  rules: (rules) => `Regras próprias desta campanha, definidas pela API, mudam o perfil: ${rules}. Sem perfil deixam de valer.`,
  sampleHint:
    "Esta parte das chamadas tidas por gravadores vai à mesma para um agente: só assim se mede quantas vezes se desliga a uma pessoa. A página de resultados mostra-o. 0: nenhuma.",
  messageHint: "O que ouve uma pessoa para quem nenhum agente chega a tempo: o nome de uma mensagem no ficheiro do sistema telefónico, como north. Vazio: a habitual.",
};
