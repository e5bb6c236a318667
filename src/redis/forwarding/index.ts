// What the adapter's door shows of forwarding.
export { Forwarder } from "./forwarder";
export type { ForwarderOptions } from "./forwarder";
export type {
  ClientName,
  ForwardOutcome,
  ForwardedRequest,
  ForwardingTransport,
  WatchedState,
} from "./forwarding";
export { InProcessForwarding } from "./in-process-forwarding";
export { StandIns } from "./stand-ins";
