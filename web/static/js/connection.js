// Knows whether the server answers; while it does not, goes on trying.

const LONGEST_S = 15;
let recovering = null;
const listeners = new Set();

/**
 * Calls back while the server is gone, with the seconds until the next try, and with null once it answers again.
 * @param {(left: number|null) => void} listener
 */
export const onConnection = (listener) => listeners.add(listener);
const tell = (left) => listeners.forEach((listener) => listener(left));

/** Resolves once the server answers again. All callers share one series of tries. */
export function waitForServer() {
  recovering ??= recover().finally(() => {
    recovering = null;
  });
  return recovering;
}

async function recover() {
  for (let attempt = 0; ; attempt += 1) {
    await countDown(Math.min(LONGEST_S, 2 ** attempt));
    if (await answers()) break;
  }
  tell(null);
}

async function countDown(seconds) {
  for (let left = seconds; left > 0; left -= 1) {
    tell(left);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  tell(0);
}

async function answers() {
  try {
    const response = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    return response.ok;
  } catch {
    return false;
  }
}
