import type { Text } from "../text";
import * as campaignsWords from "./campaigns";
import * as deskWords from "./desk";
import * as liveWords from "./live";
import * as pagesWords from "./pages";
import * as reasonsWords from "./reasons";
import * as signInWords from "./sign-in";
import * as wizardWords from "./wizard";
import { common } from "./common";

export const pt: Text = {
  ...common,
  ...campaignsWords,
  ...deskWords,
  ...liveWords,
  ...pagesWords,
  ...reasonsWords,
  ...signInWords,
  ...wizardWords,
};
