import type { deskCall as words } from "../en/desk-call";

export const deskCall: typeof words = {
  hold: "Espera",
  unhold: "Retomar",
  onHold: "Em espera",
  onHoldAbout: "A pessoa ouve música, e não se ouvem um ao outro.",
  keypad: "Teclado",
  keypadAbout: "O que carregar chega ao outro lado da chamada, por ordem.",
  key: (key) => `Tecla ${key}`,
  pressed: (keys) => `Teclas: ${keys}`,
  microphoneLost:
    "Ninguém é passado a um telefone sem microfone. Ligue-o ou autorize-o de novo, carregue em “Tentar de novo” no telefone, em cima, e depois fique pronto para chamadas.",
  keys: {
    hold: "Pôr a pessoa em espera, ou retomar a chamada",
    keypad: "Teclado, durante uma chamada",
    m: "Durante uma chamada, silenciar ou voltar a falar no telefone desta página; na pós-chamada, mais tempo",
  },
};
