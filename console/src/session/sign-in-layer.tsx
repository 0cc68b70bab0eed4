import { useText } from "../text/text";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useSessionState } from "./session";
import { SignInForm } from "./sign-in-form";
import { session } from "./store";

/** Over the page when the session has ended: what was typed stays, and what was asked for goes on afterwards. */
export function SignInLayer() {
  const text = useText();
  const state = useSessionState();
  if (state.kind !== "ended") return null;
  return (
    <Dialog title={text.signIn.ended} isOpen onClose={() => undefined} isDismissable={false} role="alertdialog">
      <p>{text.signIn.endedAbout}</p>
      <SignInForm {...(state.login.user.email !== undefined && { email: state.login.user.email })} />
      <Button look="quiet" onPress={() => session.signedOut()}>
        {text.signIn.leave}
      </Button>
    </Dialog>
  );
}
