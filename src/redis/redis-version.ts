// The Redis whose commands, replies and error texts these are. Clients choose what they send by it.
export const REDIS_VERSION = "7.2.0";
