export { createDiscord } from "./discord.ts";
