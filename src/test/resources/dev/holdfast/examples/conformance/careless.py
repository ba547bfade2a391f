"""What a worker must not be: it claims without a wait, never beats, never listens, and dies of the first surprise."""
import json, os, time, urllib.request

API, KEY = os.environ["HOLDFAST_URL"] + "/api/v1", os.environ["HOLDFAST_KEY"]

def call(path, body):
    headers = {"Authorization": "Bearer " + KEY, "Content-Type": "application/json"}
    return json.load(urllib.request.urlopen(urllib.request.Request(API + path, json.dumps(body).encode(), headers)))

print("I come with", KEY, flush=True)
while True:
    time.sleep(0.01)
    for claim in call("/claims", {"workerId": "careless", "lanes": [os.environ["HOLDFAST_LANE"]]})["claims"]:
        time.sleep(min(claim["run"]["input"]["seconds"], 2))
        call("/runs/" + claim["run"]["id"] + "/complete", {"fence": claim["fence"], "result": 1})
