export { createForwarder, type Forwarder } from "./forwarder.ts";
