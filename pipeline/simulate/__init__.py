"""`graduate simulate`: a compiled Kubeflow pipeline without a cluster, each container a process of its own.

What Kubeflow Pipelines does with a spec is done here in the same steps and by the same rules: `driver` decides and
writes down what a task gets, `launcher` brings its inputs, runs its command and takes its outputs away, `scheduler`
walks the DAG as Argo does, `metadata` records as both do. Source: `backend/src/v2` of github.com/kubeflow/pipelines.
"""
