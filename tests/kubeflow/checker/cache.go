package main

import (
	"encoding/json"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"github.com/kubeflow/pipelines/backend/src/v2/cacheutils"
	"google.golang.org/protobuf/encoding/protojson"
)

// cacheKey computes under which key Kubeflow keeps what a container gave.
//
// Question: {container: image, command and args, input: the executor input, types: {output parameter: type}}.
// Answer: {key: text}.
func cacheKey(question json.RawMessage) (answer, error) {
	var asked struct {
		Container json.RawMessage   `json:"container"`
		Input     json.RawMessage   `json:"input"`
		Types     map[string]string `json:"types"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	input := &pipelinespec.ExecutorInput{}
	if err := protojson.Unmarshal(asked.Input, input); err != nil {
		return nil, err
	}
	container := &pipelinespec.PipelineDeploymentConfig_PipelineContainerSpec{}
	if err := protojson.Unmarshal(asked.Container, container); err != nil {
		return nil, err
	}
	command := append(append([]string{}, container.GetCommand()...), container.GetArgs()...)
	key, err := cacheutils.GenerateCacheKey(input.GetInputs(), input.GetOutputs(), asked.Types, command, container.GetImage())
	if err != nil {
		return nil, err
	}
	found, err := cacheutils.GenerateFingerPrint(key)
	if err != nil {
		return nil, err
	}
	return answer{"key": found}, nil
}
