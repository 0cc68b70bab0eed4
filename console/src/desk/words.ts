/** What the desk says of a call, fetched together with it. */

import { deskCall as en } from "../text/en/desk-call";
import { deskCall as pt } from "../text/pt/desk-call";

export const words = { en, pt };
