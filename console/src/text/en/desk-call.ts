/** Comes with the desk: what is said of the call that there is, and of a phone that cannot take any. */
export const deskCall = {
  hold: "Hold",
  unhold: "Take back",
  onHold: "On hold",
  onHoldAbout: "They hear music, and you do not hear each other.",
  keypad: "Keypad",
  keypadAbout: "What is pressed goes to the other side of the call, in order.",
  key: (key: string) => `Key ${key}`,
  pressed: (keys: string) => `Pressed: ${keys}`,
  microphoneLost:
    "Nobody is put through to a phone without a microphone. Plug it in or allow it again, press “Try again” at the phone above, and then be ready for calls.",
  keys: {
    hold: "Put the person on hold, or take them back",
    keypad: "Keypad, during a call",
    m: "During a call, mute or unmute the phone in this page; in wrap-up, more time",
  },
};
