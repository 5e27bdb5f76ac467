// Asks Kubeflow Pipelines' own code about a pipeline spec. A list of questions comes on standard input as JSON, the
// list of answers goes to standard output. A question is an object with a key `ask` and what that one needs; an answer
// holds `error` where Kubeflow refuses.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

type answer map[string]any

var asks = map[string]func(json.RawMessage) (answer, error){
	"upload":    upload,
	"condition": condition,
	"cache_key": cacheKey,
	"run":       run,
}

func main() {
	// Kubeflow's code logs to files in /tmp otherwise.
	_ = flag.Set("logtostderr", "true")
	_ = flag.Set("stderrthreshold", "FATAL")
	flag.Parse()
	var questions []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fmt.Fprintln(os.Stderr, "questions cannot be read:", err)
		os.Exit(2)
	}
	answers := make([]answer, 0, len(questions))
	for _, question := range questions {
		answers = append(answers, answered(question))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answered(question json.RawMessage) (found answer) {
	// A spec that makes Kubeflow's code panic is refused too: its server answers such a request with an error.
	defer func() {
		if told := recover(); told != nil {
			found = answer{"error": fmt.Sprintf("panic: %v", told)}
		}
	}()
	var head struct {
		Ask string `json:"ask"`
	}
	if err := json.Unmarshal(question, &head); err != nil {
		return answer{"error": err.Error()}
	}
	ask, known := asks[head.Ask]
	if !known {
		return answer{"error": fmt.Sprintf("no such question: %q", head.Ask)}
	}
	found, err := ask(question)
	if err != nil {
		return answer{"error": err.Error()}
	}
	return found
}
