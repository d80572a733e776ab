"""Networks from outside: ONNX files, and the parameter folders of BNN-PYNQ, become topology and parameters.

Everything between an accumulator and the next quantizer is a function of one integer a channel. It is computed in the
graph's own float32, operation by operation, over all integers that can be, and becomes thresholds: without algebra on
scales.
"""
