import type { en } from "../en";

export const signIn: (typeof en)["signIn"] = {
  title: "Iniciar sessão",
  account: "Conta",
  email: "E-mail",
  password: "Palavra-passe",
  submit: "Iniciar sessão",
  refused: "O e-mail ou a palavra-passe estão errados, ou a conta está desativada.",
  tooMany: (seconds) => (seconds === null ? "Demasiadas tentativas. Espere um pouco." : `Demasiadas tentativas. Tente dentro de ${seconds} segundos.`),
  with: (name) => `Iniciar sessão com ${name}`,
  openidFailed: (code) =>
    code === "openid-refused"
      ? "Ainda não pode iniciar sessão dessa forma. Peça a um administrador que crie um utilizador com o seu e-mail."
      : `Não foi possível iniciar sessão lá (${code}). Tente de novo.`,
  firstRun: "Ainda ninguém pode iniciar sessão. Ao arrancar, o servidor mostrou uma ligação única para o primeiro administrador; abra essa ligação.",
  ended: "A sua sessão terminou",
  endedAbout: "Inicie sessão de novo para continuar. O que escreveu continua cá.",
  leave: "Sair desta página",
  welcome: "Bem-vindo ao Outdial",
  firstAdminAbout: "Ainda não há ninguém. Diga quem é e escolha uma palavra-passe: será o primeiro administrador.",
  signInAbout: (name) => `Esta ligação inicia a sua sessão como ${name}, uma vez.`,
  name: "Nome",
  welcomeAbout: (name) => `Escolha uma palavra-passe para ${name}.`,
  newPassword: "Nova palavra-passe",
  again: "A mesma outra vez",
  differ: "As duas palavras-passe são diferentes.",
  setPassword: "Guardar e iniciar sessão",
  linkNotGood: "Esta ligação já foi usada ou é demasiado antiga. Peça outra a um administrador.",
  linkMissing: "Falta a parte secreta da ligação neste endereço. Abra a ligação completa, tal como a recebeu.",
  oldPassword: "Palavra-passe atual",
  changePassword: "Mudar a palavra-passe",
  passwordChanged: "A palavra-passe foi mudada.",
};
