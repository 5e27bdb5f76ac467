package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	_ "unsafe" // for go:linkname

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	api "github.com/kubeflow/pipelines/backend/api/v1beta1/go_client"
	_ "github.com/kubeflow/pipelines/backend/src/v2/component"
	"github.com/kubeflow/pipelines/backend/src/v2/driver"
	"github.com/kubeflow/pipelines/backend/src/v2/metadata"
	"github.com/kubeflow/pipelines/backend/src/v2/objectstore"
	pb "github.com/kubeflow/pipelines/third_party/ml-metadata/go/ml_metadata"
	"gocloud.dev/blob"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"k8s.io/client-go/kubernetes"
)

// What a launcher does between its client's calls: brings inputs, fills in placeholders, starts the user's command,
// reads what it wrote, takes outputs away. It has no exported name; NewLauncherV2, which does, wants to run in a pod.
//
//go:linkname executeV2 github.com/kubeflow/pipelines/backend/src/v2/component.executeV2
func executeV2(
	ctx context.Context,
	executorInput *pipelinespec.ExecutorInput,
	component *pipelinespec.ComponentSpec,
	cmd string,
	args []string,
	bucket *blob.Bucket,
	bucketConfig *objectstore.Config,
	metadataClient metadata.ClientInterface,
	namespace string,
	k8sClient kubernetes.Interface,
) (*pipelinespec.ExecutorOutput, []*metadata.OutputArtifact, error)

// launch does what LauncherV2.Execute does, with the object store of this run.
func (r *running) launch(
	ctx context.Context, options driver.Options, driven *driver.Execution,
) (*pipelinespec.ExecutorOutput, error) {
	if err := clean(); err != nil {
		return nil, err
	}
	execution, err := r.metadata.GetExecution(ctx, driven.ID)
	if err != nil {
		return nil, err
	}
	pod := &metadata.ExecutionConfig{PodName: "pod", PodUID: "uid", Namespace: namespace}
	if execution, err = r.metadata.PrePublishExecution(ctx, execution, pod); err != nil {
		return nil, err
	}
	// The root of all runs: artifacts of another run's, as a cached task has, are in the same store here.
	config, err := objectstore.ParseBucketConfig(r.root)
	if err != nil {
		return nil, err
	}
	// Through the text that the driver puts into the launcher's arguments.
	input, err := protojson.Marshal(driven.ExecutorInput)
	if err != nil {
		return nil, err
	}
	read := &pipelinespec.ExecutorInput{}
	if err := protojson.Unmarshal(input, read); err != nil {
		return nil, err
	}
	command := append(append([]string{}, options.Container.GetCommand()...), options.Container.GetArgs()...)
	for _, one := range options.Container.GetEnv() {
		os.Setenv(one.GetName(), one.GetValue())
		defer os.Unsetenv(one.GetName())
	}
	bucket := blob.PrefixedBucket(r.store, config.BucketName+"/"+config.Prefix)
	// What a user's command prints must not be taken for this program's answer.
	out := os.Stdout
	os.Stdout = os.Stderr
	defer func() { os.Stdout = out }()
	output, artifacts, err := executeV2(
		ctx, read, proto.Clone(options.Component).(*pipelinespec.ComponentSpec), command[0], command[1:],
		bucket, config, r.metadata, namespace, nil,
	)
	state := pb.Execution_COMPLETE
	if err != nil {
		state = pb.Execution_FAILED
	}
	if told := r.metadata.PublishExecution(ctx, execution, output.GetParameterValues(), artifacts, state); told != nil {
		return nil, fmt.Errorf("%w (and %v)", told, err)
	}
	if fingerprint := execution.FingerPrint(); err == nil && fingerprint != "" {
		err = r.cache.CreateExecutionCache(ctx, &api.Task{
			PipelineName:    "pipeline/" + options.PipelineName,
			Namespace:       namespace,
			RunId:           r.id,
			MlmdExecutionID: strconv.FormatInt(execution.GetID(), 10),
			Fingerprint:     fingerprint,
		})
	}
	return output, err
}

// keep writes what the object store holds into a folder: BUCKET/KEY. (PrefixedBucket closes what it is given, and is
// yet given it again by every task: what it makes does not need that one open.)
func (r *running) keep(ctx context.Context, folder string) error {
	return objectstore.DownloadBlob(ctx, blob.PrefixedBucket(r.store, ""), folder, "")
}

// marker is in a root folder that was made for this program, and in no other.
const marker = "/.root-of-pods"

// A launcher writes into /minio, /s3, /gcs and /tmp of its pod; here all of them have one root, cleaned in between.
func onlyInARootOfOnesOwn() error {
	if _, err := os.Stat(marker); err != nil {
		return fmt.Errorf("a pipeline is run in a root folder of its own alone, which %s marks", marker)
	}
	return nil
}

func clean() error {
	for _, one := range []string{"/minio", "/s3", "/gcs", "/tmp/kfp_outputs", "/tmp/kfp"} {
		if err := os.RemoveAll(one); err != nil {
			return err
		}
	}
	return nil
}
