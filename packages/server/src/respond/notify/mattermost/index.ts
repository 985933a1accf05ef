export { createMattermost } from "./mattermost.ts";
