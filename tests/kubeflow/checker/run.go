package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"github.com/kubeflow/pipelines/backend/src/v2/driver"
	"github.com/kubeflow/pipelines/backend/src/v2/metadata"
	"gocloud.dev/blob/memblob"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

// run runs a pipeline with Kubeflow's own driver and launcher. What Argo does on a cluster, to start them one after the
// other, is done here: a task after those it depends on, one at a time, no retries. Runs share a cache.
//
// Question: {spec: text of the file, runs: [{name: value}], the parameters of each of several runs one after the other,
// root: pipeline root, metadata: host:port of ML Metadata, kept: folder for what the object store holds after the first}.
// Answer: {runs: [[{task, state, input: the executor input, output: what the launcher took}]]}.
func run(question json.RawMessage) (answer, error) {
	var asked struct {
		Spec     string                       `json:"spec"`
		Runs     []map[string]json.RawMessage `json:"runs"`
		Root     string                       `json:"root"`
		Metadata string                       `json:"metadata"`
		Kept     string                       `json:"kept"`
	}
	if err := json.Unmarshal(question, &asked); err != nil {
		return nil, err
	}
	if err := onlyInARootOfOnesOwn(); err != nil {
		return nil, err
	}
	spec, deployed, err := pipelineOf(asked.Spec)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(asked.Metadata)
	if err != nil {
		return nil, err
	}
	client, err := metadata.NewClient(host, port)
	if err != nil {
		return nil, err
	}
	cache, err := cacheClient()
	if err != nil {
		return nil, err
	}
	r := &running{
		spec: spec, deployed: deployed, metadata: client, cache: cache, store: memblob.OpenBucket(nil), root: asked.Root,
	}
	found, runs := answer{}, [][]told{}
	for number, given := range asked.Runs {
		r.id, r.told = fmt.Sprintf("%s%d", runID[:len(runID)-1], number+1), []told{}
		err := r.from(context.Background(), given)
		runs = append(runs, r.told)
		if err == nil && number == 0 {
			err = r.keep(context.Background(), asked.Kept)
		}
		if err != nil {
			found["error"] = err.Error()
			break
		}
	}
	found["runs"] = runs
	return found, nil
}

// from starts a run from the parameters that it is given.
func (r *running) from(ctx context.Context, given map[string]json.RawMessage) error {
	values, err := parameters(r.spec, given)
	if err != nil {
		return err
	}
	return r.whole(ctx, values)
}

// parameters are those given, and the defaults of the others: the API server fills them in.
func parameters(spec *pipelinespec.PipelineSpec, given map[string]json.RawMessage) (map[string]*structpb.Value, error) {
	found := map[string]*structpb.Value{}
	for name, one := range spec.GetRoot().GetInputDefinitions().GetParameters() {
		if one.GetDefaultValue() != nil {
			found[name] = one.GetDefaultValue()
		}
	}
	for name, text := range given {
		value := &structpb.Value{}
		if err := protojson.Unmarshal(text, value); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		found[name] = value
	}
	return found, nil
}

func (r *running) whole(ctx context.Context, values map[string]*structpb.Value) error {
	root, err := driver.RootDAG(ctx, driver.Options{
		PipelineName:   r.spec.GetPipelineInfo().GetName(),
		RunID:          r.id,
		Namespace:      namespace,
		Component:      r.spec.GetRoot(),
		RuntimeConfig:  &pipelinespec.PipelineJob_RuntimeConfig{GcsOutputDirectory: r.root, ParameterValues: values},
		IterationIndex: -1,
	}, r.metadata)
	if err != nil {
		return err
	}
	return r.dag(ctx, r.spec.GetRoot(), root.ID)
}
