import type { Text } from "../text";
import { campaigns } from "./campaigns";
import { common } from "./common";
import { live } from "./live";
import { reasons } from "./reasons";
import { signIn } from "./sign-in";

export const pt: Text = { ...common, campaigns, live, reasons, signIn };
