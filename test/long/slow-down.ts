// Loaded into a server with `node --require`: makes everything that it does cost more by a share of what it cost. Every few
// milliseconds it burns, on the event loop, the share (BURN_SHARE below) of the CPU time that all threads of the process
// have used since, so that CPU per operation rises by just that, whatever the load. No test of its own.

/** A slow-down of 30 %. */
const BURN_SHARE = 0.3;
const EVERY_MS = 2;

function usedUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

let accountedUs = usedUs();

setInterval(() => {
  // While this loop burns, other threads go on using; what they use is accounted for the next time.
  const owedMs = ((usedUs() - accountedUs) * BURN_SHARE) / 1000;
  accountedUs = usedUs();
  const until = performance.now() + owedMs;
  while (performance.now() < until);
  accountedUs += owedMs * 1000;
}, EVERY_MS).unref();
