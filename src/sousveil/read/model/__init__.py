"""Readers of model files: never unpickled, never run."""

# fmt: off
LANGUAGES = frozenset((
    "onnx", "tflite", "pickle", "hdf5", "xgboost", "lightgbm", "tensorflow", "caffe", "coreml", "safetensors", "gguf",
    "ncnn", "mnn", "prototxt", "npy", "ort", "rknn", "om", "engine", "trt", "dlc", "nb", "tmfile", "cbm", "pdmodel",
    "pdparams", "mge", "bmodel", "cvimodel", "hef", "espdl",
))
# fmt: on
"""What the readers call the language of a construct that stands in a trained model's file."""
