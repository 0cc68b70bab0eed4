import type { views as en } from "../en/views";

export const views: typeof en = {
  title: "Vistas guardadas",
  save: "Guardar esta vista",
  saveAbout: "Os filtros como estão agora, com um nome. As vistas são só suas e ficam neste navegador.",
  name: "Nome da vista",
  remove: (name) => `Remover a vista ${name}`,
  saved: (name) => `A vista “${name}” está guardada.`,
  replaced: (name) => `A vista “${name}” tem agora estes filtros.`,
  removed: (name) => `A vista “${name}” foi removida.`,
  undone: "Todas as vistas estão como antes.",
  undo: "Anular",
};
