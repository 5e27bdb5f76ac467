"""The custom TFX components: a file each, thin over `graduate`."""
