package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"github.com/kubeflow/pipelines/backend/src/v2/cacheutils"
	"github.com/kubeflow/pipelines/backend/src/v2/driver"
	"github.com/kubeflow/pipelines/backend/src/v2/metadata"
	"gocloud.dev/blob"
	"google.golang.org/protobuf/encoding/protojson"
)

const namespace = "kubeflow"

type running struct {
	spec     *pipelinespec.PipelineSpec
	deployed *pipelinespec.PipelineDeploymentConfig
	metadata *metadata.Client
	cache    *cacheutils.Client
	id       string // of the run
	store    *blob.Bucket
	root     string
	told     []told
}

type told struct {
	Task   string          `json:"task"`
	State  string          `json:"state"` // done, cached, skipped or failed
	Input  json.RawMessage `json:"input,omitempty"`
	Output json.RawMessage `json:"output,omitempty"`
}

// dag runs the tasks of a DAG. One whose predecessor was skipped or failed does not run, as in Argo.
func (r *running) dag(ctx context.Context, component *pipelinespec.ComponentSpec, id int64) error {
	left := component.GetDag().GetTasks()
	done, waiting := map[string]bool{}, names(left)
	for len(waiting) > 0 {
		later := []string{}
		for _, name := range waiting {
			if !all(left[name].GetDependentTasks(), done) {
				later = append(later, name)
				continue
			}
			ran, err := r.task(ctx, left[name], id)
			if err != nil {
				return fmt.Errorf("task %s: %w", name, err)
			}
			done[name] = ran
		}
		if len(later) == len(waiting) {
			return nil
		}
		waiting = later
	}
	return nil
}

func (r *running) task(ctx context.Context, task *pipelinespec.PipelineTaskSpec, dag int64) (ran bool, err error) {
	component, known := r.spec.GetComponents()[task.GetComponentRef().GetName()]
	if !known {
		return false, fmt.Errorf("no such component: %s", task.GetComponentRef().GetName())
	}
	options := driver.Options{
		PipelineName:   r.spec.GetPipelineInfo().GetName(),
		RunID:          r.id,
		Namespace:      namespace,
		Component:      component,
		Task:           task,
		DAGExecutionID: dag,
		IterationIndex: -1,
	}
	if component.GetDag() != nil {
		return r.nested(ctx, options)
	}
	return r.container(ctx, options)
}

func (r *running) nested(ctx context.Context, options driver.Options) (bool, error) {
	execution, err := driver.DAG(ctx, options, r.metadata)
	if err != nil {
		return false, err
	}
	state := "done"
	if !execution.WillTrigger() {
		state = "skipped"
	}
	if err := r.tell(options, state, execution.ExecutorInput, nil); err != nil || state == "skipped" {
		return false, err
	}
	return true, r.dag(ctx, options.Component, execution.ID)
}

func (r *running) container(ctx context.Context, options driver.Options) (bool, error) {
	executor, known := r.deployed.GetExecutors()[options.Component.GetExecutorLabel()]
	if !known || executor.GetContainer() == nil {
		return false, fmt.Errorf("no container: %s", options.Component.GetExecutorLabel())
	}
	options.Container = executor.GetContainer()
	execution, err := driver.Container(ctx, options, r.metadata, r.cache)
	if err != nil {
		return false, err
	}
	if !execution.WillTrigger() {
		return false, r.tell(options, "skipped", execution.ExecutorInput, nil)
	}
	if *execution.Cached {
		return true, r.tell(options, "cached", execution.ExecutorInput, nil)
	}
	output, err := r.launch(ctx, options, execution)
	if err != nil {
		_ = r.tell(options, "failed", execution.ExecutorInput, nil)
		return false, err
	}
	return true, r.tell(options, "done", execution.ExecutorInput, output)
}

func (r *running) tell(
	options driver.Options, state string, input *pipelinespec.ExecutorInput, output *pipelinespec.ExecutorOutput,
) error {
	one := told{Task: options.Task.GetTaskInfo().GetName(), State: state}
	var err error
	if one.Input, err = protojson.Marshal(input); err != nil {
		return err
	}
	if output != nil {
		if one.Output, err = protojson.Marshal(output); err != nil {
			return err
		}
	}
	r.told = append(r.told, one)
	return nil
}

func names(tasks map[string]*pipelinespec.PipelineTaskSpec) []string {
	found := []string{}
	for name := range tasks {
		found = append(found, name)
	}
	sort.Strings(found)
	return found
}

func all(wanted []string, done map[string]bool) bool {
	for _, one := range wanted {
		if !done[one] {
			return false
		}
	}
	return true
}
