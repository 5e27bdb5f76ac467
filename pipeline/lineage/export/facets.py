"""OpenLineage's facets: each says which schema it follows and who wrote it.

Versions are those of OpenLineage 1.54 (https://openlineage.io/docs/spec/facets/); of `parent` and `jobType` the ones
before, since nothing that came later is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graduate

SPEC = "https://openlineage.io/spec"
RUN_EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
PRODUCER = f"urn:graduate:{graduate.__version__}"
# A facet's name in an event, its schema and the schema's version
_SCHEMAS: Mapping[str, tuple[str, str]] = {
    # of a run
    "parent": ("ParentRunFacet", "1-1-0"),
    "nominalTime": ("NominalTimeRunFacet", "1-0-1"),
    "errorMessage": ("ErrorMessageRunFacet", "1-0-1"),
    "processing_engine": ("ProcessingEngineRunFacet", "1-1-1"),
    "executionParameters": ("ExecutionParametersRunFacet", "1-0-0"),
    "tags": ("TagsRunFacet", "1-0-0"),
    "test": ("TestRunFacet", "1-0-1"),
    # of a job
    "jobType": ("JobTypeJobFacet", "2-0-3"),
    "sourceCodeLocation": ("SourceCodeLocationJobFacet", "1-1-0"),
    # of a dataset
    "dataSource": ("DatasourceDatasetFacet", "1-0-1"),
    "schema": ("SchemaDatasetFacet", "1-2-0"),
    "version": ("DatasetVersionDatasetFacet", "1-0-1"),
    "datasetType": ("DatasetTypeDatasetFacet", "1-0-1"),
    "lifecycleStateChange": ("LifecycleStateChangeDatasetFacet", "1-0-1"),
    # of a dataset as an input or an output
    "inputStatistics": ("InputStatisticsInputDatasetFacet", "1-0-0"),
    "dataQualityMetrics": ("DataQualityMetricsInputDatasetFacet", "1-0-3"),
    "dataQualityAssertions": ("DataQualityAssertionsDatasetFacet", "1-1-0"),
    "outputStatistics": ("OutputStatisticsOutputDatasetFacet", "1-0-2"),
}
Facets = dict[str, dict[str, Any]]


def facets(**given: Mapping[str, Any] | None) -> Facets:
    """Facets by name, with their schema and producer; what is None or empty is left out."""
    return {name: _facet(name, fields) for name, fields in given.items() if fields}


def _facet(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    schema, version = _SCHEMAS[name]
    told = {"_producer": PRODUCER, "_schemaURL": f"{SPEC}/facets/{version}/{schema}.json#/$defs/{schema}"}
    return told | {key: value for key, value in fields.items() if value is not None}
