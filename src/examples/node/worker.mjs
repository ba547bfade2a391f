// A Holdfast worker in Node.js 18 without packages: HOLDFAST_URL, HOLDFAST_KEY or HOLDFAST_KEY_FILE, HOLDFAST_LANE. Replace work().
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
const { HOLDFAST_URL = "http://localhost:9080", HOLDFAST_KEY, HOLDFAST_KEY_FILE = ".holdfast/bootstrap.key", HOLDFAST_LANE = "texts" } = process.env;
const key = HOLDFAST_KEY ?? readFileSync(HOLDFAST_KEY_FILE, "utf8").trim();
const stopping = new AbortController(), stopped = new Promise((tell) => stopping.signal.addEventListener("abort", tell));
process.on("SIGTERM", () => stopping.abort());

async function work(input, signal) { // gives the result, or throws; the signal tells it to stop
  await pause(1000 * (input.seconds ?? 1), null, { signal });
  return { sha256: createHash("sha256").update(input.text).digest("hex") };
}

async function call(path, key, body) { // the reply; null if Holdfast refuses. Asked again while it is away: a repeat does no harm
  for (;;) {
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    const said = { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(60_000) };
    const reply = await fetch(`${HOLDFAST_URL}/api/v1${path}`, said).catch(() => null);
    const json = await reply?.json().catch(() => null);
    if (reply?.ok && json) return json;
    if (reply && !reply.ok && ![429, 502, 503, 504].includes(reply.status)) return console.log(path, "was refused:", reply.status), null;
    await pause(1000 * (reply?.headers.get("Retry-After") ?? 1));
  }
}

async function hold({ run: { id, input }, fence, runKey, heartbeatEvery }) {
  const every = 1000 * (/^PT([\d.]+)S$/.exec(heartbeatEvery)?.[1] ?? 30); // a minute and more: twice a minute does
  const stop = new AbortController(), fault = (e) => ["fail", { fence, failure: { code: "work_failed", message: String(e) } }];
  const ended = work(input, stop.signal).then((result) => ["complete", { fence, result }], fault);
  for (let end; !end; ) {
    if (!(await call(`/runs/${id}/heartbeat`, runKey, { fence }))?.continue) return stop.abort(); // not ours now: not a word more about it
    end = await Promise.race([ended, stopped.then(() => ["release", { fence }]), pause(every)]);
    if (end) await (stop.abort(), call(`/runs/${id}/${end[0]}`, key, end[1])); // by the worker's key: the run's dies with the claim
  }
}

while (!stopping.signal.aborted) {
  const { claims } = (await call("/claims", key, { workerId: `node-${process.pid}`, lanes: [HOLDFAST_LANE], wait: "PT10S" })) ?? { claims: [] };
  for (const claim of claims) await hold(claim);
  if (!claims.length) await pause(500);
}
process.exit(0);
