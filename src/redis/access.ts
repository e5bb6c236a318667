// Who may do what: the password of the user `default`, the only user there is, and protected mode. Passwords are compared
// by their hashes, in a time that says nothing of them.
import { createHash, timingSafeEqual } from "node:crypto";
import type { ByteString } from "../base/index";
import type { ClientLimits } from "./clients/client-limits";

export const DEFAULT_USER = "default";

export function passwordHash(password: ByteString): Buffer {
  return createHash("sha256").update(password, "latin1").digest();
}

/** Whether these words open the door. Without a password set, anything does for the user `default`. */
export function isAccepted(limits: ClientLimits, user: ByteString, password: ByteString): boolean {
  if (user !== DEFAULT_USER) return false;
  if (limits.password === "") return true;
  return timingSafeEqual(passwordHash(limits.password), passwordHash(password));
}

/** Whether a client from this address ("host:port") is refused because nothing protects the server. */
export function isDenied(limits: ClientLimits, remoteAddress: string): boolean {
  if (!limits.protectedMode || limits.password !== "") return false;
  return !isLoopback(remoteAddress);
}

function isLoopback(address: string): boolean {
  return /^(127\.|\[::1\]:|\[::ffff:127\.)/.test(address);
}
