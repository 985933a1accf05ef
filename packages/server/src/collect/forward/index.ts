export { TelemetryForwarder } from "./forwarder.ts";
export { GatewayPusher } from "./gateway-pusher.ts";
export { hopsOf, HOPS_HEADER } from "./parcel.ts";
