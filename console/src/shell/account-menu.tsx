import { useState } from "react";
import { Menu, MenuItem, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { useLocation } from "wouter";
import { chooseTheme, currentTheme, THEMES } from "../lib/theme";
import { PasswordDialog } from "../session/password-dialog";
import { useCan, useLogin, useSignOut } from "../session/session";
import { LANGUAGES, useLanguage, type Language } from "../text/text";
import { Button } from "../ui/button";
import { DESK_SCOPE } from "./navigation";

/** Who is signed in; colours, language, password, sign-out. */
export function AccountMenu() {
  const { text, language, choose } = useLanguage();
  const { user } = useLogin();
  const can = useCan();
  const signOut = useSignOut();
  const [, navigate] = useLocation();
  const [changingPassword, setChangingPassword] = useState(false);
  const [theme, setTheme] = useState(currentTheme);
  const nextTheme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  const nextLanguage: Language = language === "en" ? "pt" : "en";
  const acts: Record<string, () => void> = {
    desk: () => navigate("/desk"),
    theme: () => {
      setTheme(nextTheme);
      chooseTheme(nextTheme);
    },
    language: () => choose(nextLanguage),
    password: () => setChangingPassword(true),
    out: () => void signOut(),
  };
  return (
    <>
      <MenuTrigger>
        <Button look="quiet" small aria-label={text.nav.signedInAs(user.name, text.roles[user.role])}>
          {user.name}
        </Button>
        <Popover className="popover" placement="top start">
          <Menu className="menu" aria-label={text.nav.signedInAs(user.name, text.roles[user.role])} onAction={(key) => acts[String(key)]?.()}>
            {can(DESK_SCOPE) && (
              <MenuItem className="menu-item" id="desk">
                {text.nav.desk}
              </MenuItem>
            )}
            <MenuItem className="menu-item" id="theme" textValue={text.nav.theme}>
              {text.nav.theme}
              <span className="soft">{text.nav.themes[theme]}</span>
            </MenuItem>
            <MenuItem className="menu-item" id="language" textValue={text.nav.language}>
              {text.nav.language}
              <span lang={nextLanguage} className="soft">
                {LANGUAGES[nextLanguage]}
              </span>
            </MenuItem>
            <MenuItem className="menu-item" id="password">
              {text.nav.password}
            </MenuItem>
            <MenuItem className="menu-item" id="out">
              {text.nav.signOut}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      <PasswordDialog isOpen={changingPassword} onClose={() => setChangingPassword(false)} />
    </>
  );
}
