import type { Text } from "../text";
import { campaigns } from "./campaigns";
import { common } from "./common";
import { signIn } from "./sign-in";

export const pt: Text = { ...common, campaigns, signIn };
