"""What a worker must not be: whatever it is told, it says again, and again at once; it beats, but does not read the answer."""
import json, os, signal, threading, time, urllib.request

API, KEY = os.environ["HOLDFAST_URL"] + "/api/v1", os.environ["HOLDFAST_KEY"]
signal.signal(signal.SIGTERM, lambda *_: None)

def call(path, body, tries=8):
    headers = {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"}
    for _ in range(tries):
        try: return json.load(urllib.request.urlopen(urllib.request.Request(API + path, json.dumps(body).encode(), headers)))
        except Exception: time.sleep(0.2)
    return {}

while True:
    for claim in call("/claims", {"workerId": "stubborn", "lanes": [os.environ["HOLDFAST_LANE"]], "wait": "PT10S"}).get("claims", []):
        run, fence, done = "/runs/" + claim["run"]["id"], claim["fence"], threading.Event()
        def beat():
            while not done.wait(0.3): call(run + "/heartbeat", {"fence": fence}, 1)
        threading.Thread(target=beat, daemon=True).start()
        try: time.sleep(min(claim["run"]["input"]["seconds"], 2))
        finally: done.set()
        if not call(run + "/complete", {"fence": fence, "result": 1}).get("id"): call(run + "/fail", {"fence": fence, "failure": {"code": "no", "message": "no"}})
