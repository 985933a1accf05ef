export { createGoogleChat } from "./google-chat.ts";
