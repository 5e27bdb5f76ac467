package main

import (
	"encoding/json"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"github.com/kubeflow/pipelines/backend/src/v2/expression"
	"google.golang.org/protobuf/encoding/protojson"
)

// condition evaluates the condition of a trigger policy as Kubeflow's driver does.
//
// Question: {condition: in CEL, input: the executor input}. Answer: {triggers: bool}.
func condition(question json.RawMessage) (answer, error) {
	var asked struct {
		Condition string          `json:"condition"`
		Input     json.RawMessage `json:"input"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	input := &pipelinespec.ExecutorInput{}
	if err := protojson.Unmarshal(asked.Input, input); err != nil {
		return nil, err
	}
	evaluator, err := expression.New()
	if err != nil {
		return nil, err
	}
	triggers, err := evaluator.Condition(input, asked.Condition)
	if err != nil {
		return nil, err
	}
	return answer{"triggers": triggers}, nil
}
