package main

import (
	"encoding/json"
	"fmt"

	"github.com/kubeflow/pipelines/backend/src/apiserver/model"
	"github.com/kubeflow/pipelines/backend/src/apiserver/template"
	"github.com/kubeflow/pipelines/kubernetes_platform/go/kubernetesplatform"
	"google.golang.org/protobuf/encoding/protojson"
	"sigs.k8s.io/yaml"
)

// upload does what the API server does: loads an uploaded file, and makes of it the Argo Workflow of a run.
//
// Question: {spec: text of the file, parameters: {name: value}, root: pipeline root}.
// Answer: {name, workflow: the object, bytes: of it, longest: of one of its texts, placed: executors of the platform
// document}.
func upload(question json.RawMessage) (answer, error) {
	var asked struct {
		Spec       string         `json:"spec"`
		Parameters map[string]any `json:"parameters"`
		Root       string         `json:"root"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	loaded, err := template.New([]byte(asked.Spec))
	if err != nil {
		return nil, err
	}
	if !loaded.IsV2() {
		return nil, fmt.Errorf("this is no spec of Kubeflow Pipelines 2")
	}
	placed, err := platform(loaded.Bytes())
	if err != nil {
		return nil, err
	}
	values, err := json.Marshal(asked.Parameters)
	if err != nil {
		return nil, err
	}
	run := &model.Run{PipelineSpec: model.PipelineSpec{
		RuntimeConfig: model.RuntimeConfig{Parameters: string(values), PipelineRoot: asked.Root},
	}}
	made, err := loaded.RunWorkflow(run, template.RunWorkflowOptions{RunId: runID})
	if err != nil {
		return nil, err
	}
	text := made.ToStringForStore()
	var workflow any
	if err := json.Unmarshal([]byte(text), &workflow); err != nil {
		return nil, err
	}
	return answer{
		"name":     loaded.V2PipelineName(),
		"workflow": workflow,
		"bytes":    len(text),
		"longest":  longest(workflow),
		"placed":   placed,
	}, nil
}

const runID = "3d2c1f58-6c1b-4f0a-9d59-5a7b0c6f1e11"

// platform reads the executors of the second document as Kubeflow's driver does, who does not take unknown fields.
func platform(loaded []byte) ([]string, error) {
	placed := []string{}
	for _, document := range documents(loaded) {
		var told struct {
			Platforms struct {
				Kubernetes struct {
					DeploymentSpec struct {
						Executors map[string]json.RawMessage `json:"executors"`
					} `json:"deploymentSpec"`
				} `json:"kubernetes"`
			} `json:"platforms"`
		}
		if err := yaml.Unmarshal(document, &told); err != nil {
			return nil, err
		}
		for name, executor := range told.Platforms.Kubernetes.DeploymentSpec.Executors {
			config := &kubernetesplatform.KubernetesExecutorConfig{}
			if err := protojson.Unmarshal(executor, config); err != nil {
				return nil, fmt.Errorf("the platform document, executor %s: %w", name, err)
			}
			placed = append(placed, name)
		}
	}
	return placed, nil
}

// longest is the length of the longest text in a value: no argument of a process may be longer than 128 KiB.
func longest(value any) int {
	found := 0
	switch known := value.(type) {
	case string:
		return len(known)
	case []any:
		for _, one := range known {
			found = max(found, longest(one))
		}
	case map[string]any:
		for _, one := range known {
			found = max(found, longest(one))
		}
	}
	return found
}
