import { z } from "zod";

import { fitLine } from "../fit-text.ts";
import { isButton, readButtonValue, type ButtonName, type ButtonSubject } from "./buttons.ts";

/** What Slack sends when somebody presses a button; the much else that it says is not needed. */
const BlockActions = z.object({
  type: z.literal("block_actions"),
  user: z.object({
    id: z.string().max(64),
    username: z.string().max(256).optional(),
    name: z.string().max(256).optional(),
  }),
  response_url: z.string().max(4096).optional(),
  message: z.object({ ts: z.string().max(64) }).optional(),
  container: z.object({ message_ts: z.string().max(64).optional() }).optional(),
  actions: z.array(z.object({ action_id: z.string(), value: z.string().optional() })).max(25),
});

export interface Press {
  button: ButtonName;
  subject: ButtonSubject;
  /** Who pressed it, for people. */
  by: string;
  responseUrl: string | undefined;
  messageTs: string | undefined;
}

/** The presses of our buttons in a payload; none for all that is not about them. */
export function readPresses(payload: unknown): Press[] {
  const parsed = BlockActions.safeParse(payload);
  if (!parsed.success) return [];
  const { user, response_url: responseUrl, message, container, actions } = parsed.data;
  const name = fitLine(user.username ?? user.name ?? user.id, 100);
  return actions.flatMap(({ action_id: button, value }) => {
    const subject = readButtonValue(value);
    if (!isButton(button) || subject === undefined) return [];
    const messageTs = message?.ts ?? container?.message_ts;
    return [{ button, subject, by: `${name} (Slack)`, responseUrl, messageTs }];
  });
}
