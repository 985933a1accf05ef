export { SlackActions } from "./actions.ts";
export { createSlack } from "./slack.ts";
