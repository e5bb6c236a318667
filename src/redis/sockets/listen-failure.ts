// Why a port could not be opened, in one sentence: the same for every socket layer.
import { BasaltError } from "../../base/index";

/** BasaltError LISTEN_FAILED with what to do. `code` is the system's name of the error, `reason` its words. */
export function listenFailure(
  host: string,
  port: number,
  code: string | undefined,
  reason: string,
  cause?: unknown,
): BasaltError {
  const sentence =
    code === "EADDRINUSE"
      ? "another process listens there; stop it or choose another port"
      : `${reason}; choose another address`;
  return new BasaltError("LISTEN_FAILED", `Cannot listen on ${host}:${port}: ${sentence}.`, { cause });
}
