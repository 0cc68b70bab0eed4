import { campaigns } from "./campaigns";
import { common } from "./common";
import { live } from "./live";
import { reasons } from "./reasons";
import { signIn } from "./sign-in";

export const en = { ...common, campaigns, live, reasons, signIn };
