export const reschedule = {
  verb: "Reschedule",
  title: (name: string) => `Reschedule the call to ${name}`,
  about: "The calling hours of the campaign and its do-not-call lists hold for the new time as well.",
  date: "Date",
  time: "Time",
  zone: (zone: string) => `In ${zone}, where the person is`,
  same: (at: string) => `= ${at} your time`,
  done: (at: string) => `It is scheduled for ${at}.`,
};
