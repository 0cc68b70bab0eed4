export const signIn = {
  title: "Sign in",
  account: "Account",
  email: "E-mail",
  password: "Password",
  submit: "Sign in",
  refused: "E-mail or password is wrong, or the account is disabled.",
  tooMany: (seconds: number | null) => (seconds === null ? "Too many attempts. Wait a little." : `Too many attempts. Try again in ${seconds} seconds.`),
  with: (name: string) => `Sign in with ${name}`,
  openidFailed: (code: string) =>
    code === "openid-refused"
      ? "You may not sign in here that way yet. Ask an administrator to make a user with your e-mail address."
      : `Signing in there did not work (${code}). Try again.`,
  firstRun: "Nobody can sign in yet. The server printed a one-time link for the first administrator when it started; open that link.",
  ended: "Your session has ended",
  endedAbout: "Sign in again to go on. What you typed is still there.",
  leave: "Leave this page",
  welcome: "Welcome to Outdial",
  welcomeAbout: (name: string) => `Choose a password for ${name}.`,
  newPassword: "New password",
  again: "The same again",
  differ: "The two passwords differ.",
  setPassword: "Save and sign in",
  linkNotGood: "This link has been used already, or is too old. Ask an administrator for another.",
  linkMissing: "This address lacks the secret part of the link. Open the whole link as it was given to you.",
  oldPassword: "Present password",
  changePassword: "Change password",
  passwordChanged: "The password is changed.",
};
