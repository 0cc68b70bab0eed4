/** What the phone says, fetched together with it. */

import { phone as en } from "../text/en/phone";
import { phone as pt } from "../text/pt/phone";

export type PhoneWords = typeof en;

export const words = { en, pt };
