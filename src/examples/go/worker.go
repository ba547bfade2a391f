// A Holdfast worker, standard library alone, written tight (gofmt unfolds it): HOLDFAST_URL, HOLDFAST_KEY, HOLDFAST_LANE. Replace work.
package main

import ("bytes"; "context"; "crypto/sha256"; "encoding/json"; "fmt"; "net/http"; "os"; "os/signal"; "strconv"; "strings"; "syscall"; "time")

type object map[string]any
type claim struct { Run struct { ID string; Input json.RawMessage }; Fence int64; RunKey, HeartbeatEvery string }
type answer struct { Claims []claim; Continue bool }
var client, url, key, lane = http.Client{Timeout: time.Minute}, os.Getenv("HOLDFAST_URL")+"/api/v1", os.Getenv("HOLDFAST_KEY"), os.Getenv("HOLDFAST_LANE")

func work(ctx context.Context, given json.RawMessage) (object, error) { // returns early when the context is done
	var input struct { Text string; Seconds float64 }
	if err := json.Unmarshal(given, &input); err != nil { return nil, err }
	select { case <-ctx.Done(): case <-time.After(time.Duration(input.Seconds * 1e9)): }
	return object{"sha256": fmt.Sprintf("%x", sha256.Sum256([]byte(input.Text)))}, nil
}

func call(path, key string, body object) (said answer) { // nothing if Holdfast refuses. Asked again while it is away: a repeat does no harm
	for pause := 1; ; time.Sleep(time.Duration(pause) * time.Second) {
		written, _ := json.Marshal(body); request, _ := http.NewRequest("POST", url+path, bytes.NewReader(written))
		request.Header = http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}}
		reply, err := client.Do(request)
		if pause, said = 1, (answer{}); err != nil { continue }
		if err = json.NewDecoder(reply.Body).Decode(&said); reply.Body.Close() == nil && err == nil && reply.StatusCode < 300 { return said }
		switch reply.StatusCode { case 200, 201, 429, 502, 503, 504: default: fmt.Println(path, "was refused:", reply.StatusCode); return answer{} }
		if asked, err := strconv.Atoi(reply.Header.Get("Retry-After")); err == nil { pause = asked }
	}
}

func hold(c claim, stopping <-chan struct{}) {
	ctx, stop := context.WithCancel(context.Background()); defer stop()
	ended, every := make(chan func(), 1), 30*time.Second
	if advised, err := time.ParseDuration(strings.ToLower(strings.TrimPrefix(c.HeartbeatEvery, "PT"))); err == nil { every = advised }
	tell := func(how string, said object) func() { said["fence"] = c.Fence; return func() { call("/runs/"+c.Run.ID+how, key, said) } } // the run's key dies with the claim
	go func() { if result, err := work(ctx, c.Run.Input); err == nil { ended <- tell("/complete", object{"result": result})
	} else { ended <- tell("/fail", object{"failure": object{"code": "work_failed", "message": err.Error()}}) } }()
	for call("/runs/"+c.Run.ID+"/heartbeat", c.RunKey, object{"fence": c.Fence}).Continue { // else it is not ours any more: not a word more about it
		select { case end := <-ended: end(); return; case <-stopping: tell("/release", object{})(); return; case <-time.After(every): }
	}
}

func main() {
	for stopping, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM); stopping.Err() == nil; {
		said := call("/claims", key, object{"workerId": fmt.Sprint("go-", os.Getpid()), "lanes": []string{lane}, "wait": "PT10S"})
		for _, c := range said.Claims { hold(c, stopping.Done()) }; if len(said.Claims) == 0 { time.Sleep(time.Second / 2) }
	}
}
