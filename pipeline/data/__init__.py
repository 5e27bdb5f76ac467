"""What brings rows in: named data sets, folders and TFRecords; the split; ExampleGen with its executors."""
