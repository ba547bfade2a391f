"""A Holdfast worker, standard library alone: HOLDFAST_URL, HOLDFAST_KEY or HOLDFAST_KEY_FILE, HOLDFAST_LANE. Replace work()."""
import hashlib, http.client, json, os, re, signal, socket, threading, time, urllib.error, urllib.request

API = os.environ.get("HOLDFAST_URL", "http://localhost:9080") + "/api/v1"
KEY = os.environ.get("HOLDFAST_KEY") or open(os.environ.get("HOLDFAST_KEY_FILE", ".holdfast/bootstrap.key")).read().strip()
CLAIM = {"workerId": f"python-{socket.gethostname()}-{os.getpid()}", "lanes": [os.environ.get("HOLDFAST_LANE", "texts")], "wait": "PT10S"}
stopping = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopping.set())

def work(given, stop):  # gives the result, or raises; returns early when stop is set
    stop.wait(given.get("seconds", 1))
    return {"sha256": hashlib.sha256(given["text"].encode()).hexdigest()}

def call(path, key, body):  # the reply; None if Holdfast refuses. Asked again while it is away: a repeat does no harm
    while True:
        try:
            headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
            request = urllib.request.Request(API + path, json.dumps(body).encode(), headers)
            return json.load(urllib.request.urlopen(request, timeout=60))
        except urllib.error.HTTPError as e:
            if e.code not in (429, 502, 503, 504): return print(path, "was refused:", e.code, flush=True)
            pause = int(e.headers.get("Retry-After") or 1)
        except (OSError, http.client.HTTPException, ValueError): pause = 1  # no answer, or half of one
        time.sleep(pause)

def hold(run, fence, run_key, every, given):
    stop, end = threading.Event(), {}
    def body():
        try: end["complete"] = {"fence": fence, "result": work(given, stop)}
        except Exception as e: end["fail"] = {"fence": fence, "failure": {"code": "work_failed", "message": repr(e)}}
    threading.Thread(target=body, daemon=True).start()
    while not end:
        beat, due = call(run + "/heartbeat", run_key, {"fence": fence}), time.monotonic() + every
        if not (beat and beat["continue"]): return stop.set()  # another's now, or ended: not a word more about it
        while not (end or stopping.is_set()) and time.monotonic() < due: time.sleep(0.05)
        if stopping.is_set() and not end: return stop.set() or call(run + "/release", KEY, {"fence": fence})
    for how, said in end.items(): call(run + "/" + how, KEY, said)  # by the worker's key: the run's dies with the claim

while not stopping.is_set():
    claims = (call("/claims", KEY, CLAIM) or {}).get("claims", [])
    for claim in claims:
        every = re.fullmatch(r"PT([\d.]+)S", claim.get("heartbeatEvery", ""))  # a minute and more: twice a minute does
        hold("/runs/" + claim["run"]["id"], claim["fence"], claim["runKey"], float(every[1]) if every else 30, claim["run"].get("input"))
    if not claims: stopping.wait(0.5)
