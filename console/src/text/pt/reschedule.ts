import type { reschedule as words } from "../en/reschedule";

export const reschedule: typeof words = {
  verb: "Reagendar",
  title: (name) => `Reagendar a chamada a ${name}`,
  about: "As horas de chamada da campanha e as suas listas de não contactar valem também para a nova hora.",
  date: "Data",
  time: "Hora",
  zone: (zone) => `Em ${zone}, onde a pessoa está`,
  same: (at) => `= ${at} na sua hora`,
  done: (at) => `Está agendada para ${at}.`,
};
