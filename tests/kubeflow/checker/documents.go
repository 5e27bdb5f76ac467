package main

import (
	"bytes"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"google.golang.org/protobuf/encoding/protojson"
	"sigs.k8s.io/yaml"
)

// documents are the YAML documents of a file.
func documents(file []byte) [][]byte {
	found := [][]byte{}
	for _, one := range bytes.Split(append([]byte("\n"), file...), []byte("\n---\n")) {
		if len(bytes.TrimSpace(one)) > 0 {
			found = append(found, one)
		}
	}
	return found
}

// pipelineOf reads the first document of a file.
func pipelineOf(file string) (*pipelinespec.PipelineSpec, *pipelinespec.PipelineDeploymentConfig, error) {
	told, err := yaml.YAMLToJSON(documents([]byte(file))[0])
	if err != nil {
		return nil, nil, err
	}
	spec := &pipelinespec.PipelineSpec{}
	if err := protojson.Unmarshal(told, spec); err != nil {
		return nil, nil, err
	}
	text, err := protojson.Marshal(spec.GetDeploymentSpec())
	if err != nil {
		return nil, nil, err
	}
	deployed := &pipelinespec.PipelineDeploymentConfig{}
	return spec, deployed, protojson.Unmarshal(text, deployed)
}
