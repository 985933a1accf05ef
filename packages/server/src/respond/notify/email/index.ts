export { createEmail } from "./email.ts";
